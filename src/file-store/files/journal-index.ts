/**
 * An index of the journal: where the records of each mailbox are that are not in its file yet. With it a start reads no
 * mailbox, and a mailbox can be evicted and loaded again at any time (storage 14).
 */

export interface SegmentSpans {
  readonly segment: number;
  /** Position and length of each span, alternating: records that follow each other. */
  readonly spans: readonly number[];
}

/**
 * Numbers per span, which is what one `add` brought: its segment, its position and its length. One array per user: there may be
 * a million.
 */
const STEP = 3;

export class JournalIndex {
  /** In the order of the first record of each user, or nearly: see `usersUpTo`. */
  readonly #users = new Map<string, number[]>(); // storage 9: a Map, never {}
  /** Segment → how many of its spans are in no file yet. */
  readonly #segments = new Map<number, number>();

  /** Adds records that follow each other in their segment. @param sizes the bytes of each. */
  add(segment: number, user: string, position: number, sizes: readonly number[]): void {
    let bytes = 0;
    for (const size of sizes) bytes += size;
    const spans = this.#users.get(user);
    if (spans) spans.push(segment, position, bytes);
    else this.#users.set(user, [segment, position, bytes]); // An array that grows from nothing has room for 17 numbers.
    this.#segments.set(segment, (this.#segments.get(segment) ?? 0) + 1);
  }

  /** Whether this user has records. */
  has(user: string): boolean {
    return this.#users.has(user);
  }

  /** Where this user's records are, oldest first. */
  spansOf(user: string): SegmentSpans[] {
    const found: { readonly segment: number; readonly spans: number[] }[] = [];
    const records = this.#users.get(user) ?? [];
    for (let index = 0; index < records.length; index += STEP) {
      const segment = records[index] as number;
      if (found.at(-1)?.segment !== segment) found.push({ segment, spans: [] });
      found.at(-1)?.spans.push(records[index + 1] as number, records[index + 2] as number);
    }
    return found;
  }

  /** How many spans of this user there are. */
  countOf(user: string): number {
    return (this.#users.get(user)?.length ?? 0) / STEP;
  }

  /** Users with records. */
  get users(): Iterable<string> {
    return this.#users.keys();
  }

  /** How many users have records. */
  get size(): number {
    return this.#users.size;
  }

  /** Whether segments up to this one have records. */
  hasUpTo(segment: number): boolean {
    for (const [one, records] of this.#segments) if (one <= segment && records > 0) return true;
    return false;
  }

  /**
   * Users with records in segments up to this one. Records may be added and removed meanwhile: a user may come twice. Those
   * with the oldest records come first, so that it need not look at all of them.
   */
  *usersUpTo(segment: number): Generator<string> {
    for (const [user, [first = Number.POSITIVE_INFINITY]] of this.#users) {
      if (first <= segment) yield user;
      else if (!this.hasUpTo(segment)) return;
    }
  }

  /** The user's first `count` spans are in its file now. */
  removeFirst(user: string, count: number): void {
    const records = this.#users.get(user) ?? [];
    for (let index = 0; index < count * STEP; index += STEP) {
      const segment = records[index] as number;
      const left = (this.#segments.get(segment) ?? 0) - 1;
      if (left > 0) this.#segments.set(segment, left);
      else this.#segments.delete(segment);
    }
    this.#users.delete(user);
    // At the end again: its first record is newer now than those of most others.
    if (records.length > count * STEP) this.#users.set(user, records.slice(count * STEP));
  }
}
