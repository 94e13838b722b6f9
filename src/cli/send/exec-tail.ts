/** Keeps the end of an output of any length: its last bytes, and how many lines it had. */

const NEWLINE = 0x0a;

export class OutputTail {
  #bytes = Buffer.alloc(0);
  #newlines = 0;
  #isTruncated = false;

  constructor(private readonly maxBytes: number) {}

  add(chunk: Uint8Array): void {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) this.#newlines += 1;
    const all = chunk.length >= this.maxBytes ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#isTruncated ||= this.#bytes.length + chunk.length > this.maxBytes;
    this.#bytes = Buffer.from(all.subarray(-this.maxBytes));
  }

  /** Lines so far, including an unfinished last one. */
  get lines(): number {
    return this.#newlines + (this.#bytes.length === 0 || this.#bytes.at(-1) === NEWLINE ? 0 : 1);
  }

  /** The last lines, each complete unless it alone exceeds `maxBytes`. Invalid UTF-8 becomes U+FFFD. */
  last(maxLines: number): string[] {
    const begin = this.#isTruncated ? this.#bytes.indexOf(NEWLINE) + 1 : 0;
    const complete = begin < this.#bytes.length ? this.#bytes.subarray(begin) : this.#bytes;
    const lines = new TextDecoder().decode(complete).split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-maxLines);
  }
}
