/**
 * Tombstones: the ids of messages that are no longer kept, for dedupe (R8). Up to 100,000 per mailbox, so they are
 * stored in columns instead of objects, and written to the file directly from there.
 */
import { JsonLines } from '../disk/json-layout.js';
import { quoteJson } from '../protocol/json-quote.js';

export interface IdTombstone {
  readonly from: string;
  readonly id: string;
  /** CRC-32 of the body: together with its length it detects an id that is reused for another body. */
  readonly crc: number;
  /** The body's length in UTF-8. */
  readonly bytes: number;
  /** When the message was dropped, ms since 1970. */
  readonly at: number;
  /** True if it was purged; otherwise it was delivered. */
  readonly purged?: boolean;
}

/** Tombstones with consecutive seqs, in a ring: the oldest are removed, the newest added. */
export class IdTombstones {
  #first: number;
  #length = 0;
  #columns = new Columns(16);

  /** @param first the seq of the first tombstone that will be added. */
  constructor(first: number) {
    this.#first = first;
  }

  get first(): number {
    return this.#first;
  }

  /** The seq of the next tombstone that will be added. */
  get next(): number {
    return this.#first + this.#length;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a tombstone with the next seq. */
  push(tombstone: IdTombstone): void {
    if (this.#length === this.#columns.size)
      this.#columns = this.#columns.copy(this.#first, this.#length, 2 * this.#length);
    this.#columns.set(this.#first + this.#length, tombstone);
    this.#length++;
  }

  get(seq: number): IdTombstone | undefined {
    return seq >= this.#first && seq < this.next ? this.#columns.get(seq) : undefined;
  }

  /** Whether the tombstone with this seq, which must exist, has this sender and id. */
  hasId(seq: number, from: string, id: string): boolean {
    return this.#columns.hasId(seq, from, id);
  }

  /** All tombstones with this id. Scans all of them. */
  find(id: string): { readonly from: string; readonly seq: number }[] {
    const found: { from: string; seq: number }[] = [];
    for (let seq = this.#first; seq < this.next; seq++) {
      const { from, id: other } = this.#columns.get(seq);
      if (other === id) found.push({ from, seq });
    }
    return found;
  }

  /** Removes the first tombstone. */
  shift(): void {
    this.#first++;
    this.#length--;
  }

  /** The tombstones as lines of the file. Later changes do not affect them. */
  lines(): JsonLines {
    const first = this.#first;
    const columns = this.#columns.copy(first, this.#length, this.#length);
    return new JsonLines(this.#length, (index) => columns.line(first + index));
  }
}

/** The fields of the tombstones. The slot of a seq is seq modulo `size`. */
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
    const slot = seq % this.size;
    this.#from[slot] = from;
    this.#id[slot] = id;
    this.#crc[slot] = crc;
    this.#bytes[slot] = bytes;
    this.#at[slot] = at;
    this.#purged[slot] = Number(purged);
  }

  hasId(seq: number, from: string, id: string): boolean {
    const slot = seq % this.size;
    return this.#id[slot] === id && this.#from[slot] === from;
  }

  get(seq: number): IdTombstone {
    const slot = seq % this.size;
    return {
      from: this.#from[slot] as string,
      id: this.#id[slot] as string,
      crc: this.#crc[slot] as number,
      bytes: this.#bytes[slot] as number,
      at: this.#at[slot] as number,
      purged: this.#purged[slot] === 1,
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
    const slot = seq % this.size;
    const from = quoteJson(this.#from[slot] as string);
    const id = quoteJson(this.#id[slot] as string);
    const purged = this.#purged[slot] === 1 ? ',"purged":true' : '';
    return `{"from":${from},"id":${id},"crc":${this.#crc[slot]},"bytes":${this.#bytes[slot]},"at":${this.#at[slot]}${purged}}`;
  }
}
