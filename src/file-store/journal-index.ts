/**
 * An index of the journal: where the records of each mailbox are that are not in its file yet. With it a start reads no
 * mailbox, and a mailbox can be evicted and loaded again at any time (storage 14).
 */

/** Position and length of each record, alternating. */
type Spans = number[];

export interface SegmentSpans {
  readonly segment: number;
  readonly spans: readonly number[];
}

export class JournalIndex {
  /** Segment → user → spans. Segments in ascending order. */
  readonly #segments = new Map<number, Map<string, Spans>>();

  add(segment: number, user: string, position: number, bytes: number): void {
    let users = this.#segments.get(segment);
    if (!users) {
      users = new Map(); // storage 9: a Map, never {}
      this.#segments.set(segment, users);
    }
    const spans = users.get(user);
    if (spans) spans.push(position, bytes);
    else users.set(user, [position, bytes]);
  }

  /** Whether this user has records. */
  has(user: string): boolean {
    for (const users of this.#segments.values()) if (users.has(user)) return true;
    return false;
  }

  /** Where this user's records are, oldest first. */
  spansOf(user: string): SegmentSpans[] {
    return [...this.#segments].flatMap(([segment, users]) => {
      const spans = users.get(user);
      return spans ? [{ segment, spans: [...spans] }] : [];
    });
  }

  /** Users with records. */
  get users(): Set<string> {
    return this.usersBefore(Number.POSITIVE_INFINITY);
  }

  /** Users with records in segments before this one. */
  usersBefore(segment: number): Set<string> {
    return new Set([...this.#segments].flatMap(([number, users]) => (number < segment ? [...users.keys()] : [])));
  }

  /** Removes a user's records before this segment: they are in its file now. */
  removeUserBefore(user: string, segment: number): void {
    for (const [number, users] of this.#segments) if (number < segment) users.delete(user);
  }

  removeSegmentsBefore(segment: number): void {
    for (const number of this.#segments.keys()) if (number < segment) this.#segments.delete(number);
  }

  get isEmpty(): boolean {
    return [...this.#segments.values()].every((users) => users.size === 0);
  }
}
