/**
 * An index of the journal for reading: where the records of each mailbox are. Nothing is ever removed from it, so that it can be
 * a few columns of numbers, which the garbage collector neither moves nor looks at: `JournalIndex` has an array for each user.
 */
import type { SegmentSpans } from '../files/journal-index.js';

/** Records that there is room for at first. */
const CAPACITY = 1_024;
/** For a record: it is the newest of its user. */
const NONE = 0xffff_ffff;

export class SnapshotIndex {
  /** By user: the numbers of the first and the last record. */
  readonly #users = new Map<string, { readonly first: number; last: number }>(); // storage 9: a Map, never {}
  /** The segments, and the number of the first record in each. */
  readonly #segments: { readonly segment: number; readonly first: number }[] = [];
  /** By record: its position in its segment, its bytes, and the next record of the same user. */
  #positions = new Float64Array(CAPACITY);
  #sizes = new Uint32Array(CAPACITY);
  #next = new Uint32Array(CAPACITY);
  #count = 0;

  /** Users with records. */
  get users(): Iterable<string> {
    return this.#users.keys();
  }

  /** Adds a record. Segments come one after the other, and records in their order. */
  add(segment: number, user: string, position: number, bytes: number): void {
    if (this.#segments.at(-1)?.segment !== segment) this.#segments.push({ segment, first: this.#count });
    if (this.#count === this.#sizes.length) this.#grow();
    const record = this.#count++;
    this.#positions[record] = position;
    this.#sizes[record] = bytes;
    this.#next[record] = NONE;
    const records = this.#users.get(user);
    if (records) {
      this.#next[records.last] = record;
      records.last = record;
    } else this.#users.set(user, { first: record, last: record });
  }

  /** Where this user's records are, oldest first. */
  spansOf(user: string): SegmentSpans[] {
    const found: { readonly segment: number; readonly spans: number[] }[] = [];
    let place = 0;
    let record = this.#users.get(user)?.first ?? NONE;
    for (; record !== NONE; record = this.#next[record] as number) {
      while (record >= (this.#segments[place + 1]?.first ?? Number.POSITIVE_INFINITY)) place += 1;
      const { segment } = this.#segments[place] as { readonly segment: number };
      if (found.at(-1)?.segment !== segment) found.push({ segment, spans: [] });
      found.at(-1)?.spans.push(this.#positions[record] as number, this.#sizes[record] as number);
    }
    return found;
  }

  #grow(): void {
    const [positions, sizes, next] = [this.#positions, this.#sizes, this.#next];
    const capacity = sizes.length * 2;
    this.#positions = new Float64Array(capacity);
    this.#positions.set(positions);
    this.#sizes = new Uint32Array(capacity);
    this.#sizes.set(sizes);
    this.#next = new Uint32Array(capacity);
    this.#next.set(next);
  }
}
