/** The tombstones of one sender, in columns: 10,000 objects, each promoted by the garbage collector, would cost more. Pure. */
import { JsonLines } from '../../disk/json-layout.js';
import { quoteJson } from '../../protocol/json-quote.js';
import type { IdTombstone } from '../../store/mailbox-contents.js';

/** Of all empty columns. */
const NONE: never[] = [];

/** What became of a message. */
const DELIVERED = 0;
const PURGED = 1;
const UNSENT = 2;

/** Dropped ones are freed once there are this many. */
const COMPACT_AT = 1024;

export class Tombstones {
  /** The oldest first, so with rising seqs. */
  #ids: string[] = NONE;
  #seqs: number[] = NONE;
  #crcs: number[] = NONE;
  /** Times 4, plus what became of the message: see DELIVERED. */
  #bytes: number[] = NONE;
  /** How many were dropped from the front. */
  #head = 0;

  constructor(private readonly from: string) {}

  get length(): number {
    return this.#ids.length - this.#head;
  }

  /** Of the oldest one. There must be one. */
  get oldestId(): string {
    return this.#ids[this.#head] as string;
  }

  get oldestSeq(): number {
    return this.#seqs[this.#head] as number;
  }

  push({ seq, id, crc, bytes, purged = false, unsent = false }: IdTombstone): void {
    const coded = bytes * 4 + (unsent ? UNSENT : purged ? PURGED : DELIVERED);
    if (this.#ids.length === 0) {
      // An array that grows from nothing has room for 17 items, and most senders have one.
      this.#ids = [id];
      this.#seqs = [seq];
      this.#crcs = [crc];
      this.#bytes = [coded];
      return;
    }
    this.#ids.push(id);
    this.#seqs.push(seq);
    this.#crcs.push(crc);
    this.#bytes.push(coded);
  }

  /** Drops the oldest one. */
  shift(): void {
    this.#ids[this.#head++] = '';
    if (this.length > 0 && (this.#head < COMPACT_AT || this.#head * 4 < this.#ids.length)) return;
    this.#ids = this.#ids.slice(this.#head);
    this.#seqs = this.#seqs.slice(this.#head);
    this.#crcs = this.#crcs.slice(this.#head);
    this.#bytes = this.#bytes.slice(this.#head);
    this.#head = 0;
  }

  /** The one with this seq. */
  find(seq: number): IdTombstone | undefined {
    let low = this.#head;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seqs[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#seqs[low] === seq ? this.#at(low) : undefined;
  }

  /** All of them, the oldest first. */
  all(): IdTombstone[] {
    return Array.from({ length: this.length }, (_, index) => this.#at(this.#head + index));
  }

  #at(index: number): IdTombstone {
    const coded = this.#bytes[index] as number;
    const state = coded % 4;
    return {
      seq: this.#seqs[index] as number,
      from: this.from,
      id: this.#ids[index] as string,
      crc: this.#crcs[index] as number,
      bytes: (coded - state) / 4,
      purged: state !== DELIVERED,
      ...(state === UNSENT && { unsent: true }),
    };
  }
}

/** Tombstones as lines of the file, which are read in their order. */
export function tombstoneLines(tombstones: readonly IdTombstone[]): JsonLines {
  let before: string | undefined;
  let sender = '';
  return new JsonLines(tombstones.length, (index) => {
    const { seq, from, id, crc, bytes, purged, unsent } = tombstones[index] as IdTombstone;
    if (from !== before) sender = `,"from":${quoteJson(from)},"id":`;
    before = from;
    const end = purged ? `,"purged":true${unsent ? ',"unsent":true' : ''}}` : '}';
    return `{"seq":${seq}${sender}${quoteJson(id)},"crc":${crc},"bytes":${bytes}${end}`;
  });
}
