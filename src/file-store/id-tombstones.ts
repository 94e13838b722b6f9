/**
 * What is remembered of messages that are no longer kept (R8): up to 100,000 a mailbox, therefore in columns instead of
 * objects, and written to the file without becoming objects again.
 */

import { JsonLines } from '../disk/json-layout.js';
import { quoteJson } from '../protocol/json-quote.js';

/** One of them. */
export interface IdTombstone {
  readonly from: string;
  readonly id: string;
  /** CRC-32 of the body: with its length enough to notice an id that is used again for another body. */
  readonly crc: number;
  /** The body's length as UTF-8. */
  readonly bytes: number;
  /** When the message itself was forgotten, ms since 1970. */
  readonly at: number;
  /** Whether it was purged; if not, it was delivered. */
  readonly purged?: boolean;
}

/** Consecutive by seq. A ring: the oldest make room for the newest. */
export class IdTombstones {
  #first: number;
  #length = 0;
  #columns = new Columns(16);

  /** `first`: the seq that the first one will have. */
  constructor(first: number) {
    this.#first = first;
  }

  get first(): number {
    return this.#first;
  }

  /** The seq that the next one will have. */
  get next(): number {
    return this.#first + this.#length;
  }

  get length(): number {
    return this.#length;
  }

  push(seen: IdTombstone): void {
    if (this.#length === this.#columns.size)
      this.#columns = this.#columns.copy(this.#first, this.#length, 2 * this.#length);
    this.#columns.set(this.#first + this.#length, seen);
    this.#length++;
  }

  get(seq: number): IdTombstone | undefined {
    const isThere = seq >= this.#first && seq < this.#first + this.#length;
    return isThere ? this.#columns.get(seq) : undefined;
  }

  hasId(seq: number, from: string, id: string): boolean {
    return this.#columns.isNamed(seq, from, id);
  }

  /** Whoever used this id, and its seqs. Looks at all of them. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    const found: { from: string; seq: number }[] = [];
    for (let seq = this.#first; seq < this.next; seq++) {
      const { from, id: other } = this.#columns.get(seq);
      if (other === id) found.push({ from, seq });
    }
    return found;
  }

  shift(): void {
    this.#first++;
    this.#length--;
  }

  /** All of them as they are now, as lines of a file. */
  lines(): JsonLines {
    const first = this.#first;
    const columns = this.#columns.copy(first, this.#length, this.#length);
    return new JsonLines(this.#length, (index) => columns.line(first + index));
  }
}

/** A place for each seq: they wrap round at `size`. */
class Columns {
  readonly #from: string[];
  readonly #id: string[];
  readonly #crc: Uint32Array;
  readonly #bytes: Uint32Array;
  readonly #at: Float64Array;
  readonly #purged: Uint8Array;

  constructor(readonly size: number) {
    this.#from = new Array(size).fill('');
    this.#id = new Array(size).fill('');
    this.#crc = new Uint32Array(size);
    this.#bytes = new Uint32Array(size);
    this.#at = new Float64Array(size);
    this.#purged = new Uint8Array(size);
  }

  set(seq: number, { from, id, crc, bytes, at, purged = false }: IdTombstone): void {
    const place = seq % this.size;
    this.#from[place] = from;
    this.#id[place] = id;
    this.#crc[place] = crc;
    this.#bytes[place] = bytes;
    this.#at[place] = at;
    this.#purged[place] = Number(purged);
  }

  isNamed(seq: number, from: string, id: string): boolean {
    const place = seq % this.size;
    return this.#id[place] === id && this.#from[place] === from;
  }

  get(seq: number): IdTombstone {
    const place = seq % this.size;
    return {
      from: this.#from[place] as string,
      id: this.#id[place] as string,
      crc: this.#crc[place] as number,
      bytes: this.#bytes[place] as number,
      at: this.#at[place] as number,
      purged: this.#purged[place] === 1,
    };
  }

  copy(first: number, length: number, size: number): Columns {
    const copy = new Columns(size);
    for (let seq = first; seq < first + length; seq++) {
      const from = seq % this.size;
      const to = seq % size;
      copy.#from[to] = this.#from[from] as string;
      copy.#id[to] = this.#id[from] as string;
      copy.#crc[to] = this.#crc[from] as number;
      copy.#bytes[to] = this.#bytes[from] as number;
      copy.#at[to] = this.#at[from] as number;
      copy.#purged[to] = this.#purged[from] as number;
    }
    return copy;
  }

  line(seq: number): string {
    const place = seq % this.size;
    const from = quoteJson(this.#from[place] as string);
    const id = quoteJson(this.#id[place] as string);
    const purged = this.#purged[place] === 1 ? ',"purged":true' : '';
    return `{"from":${from},"id":${id},"crc":${this.#crc[place]},"bytes":${this.#bytes[place]},"at":${this.#at[place]}${purged}}`;
  }
}
