/**
 * Where in the journal each mailbox has records that are not yet in its file: so that a start costs the journal, and a
 * mailbox can leave memory at any time (storage 14).
 */

/** Positions and lengths by turns: two numbers a record. */
type Spans = number[];

export interface SegmentSpans {
  readonly segment: number;
  readonly spans: readonly number[];
}

export class JournalIndex {
  /** Segment → user → spans. Segments in their order. */
  readonly #segments = new Map<number, Map<string, Spans>>();

  add(segment: number, user: string, position: number, bytes: number): void {
    let users = this.#segments.get(segment);
    if (!users) {
      users = new Map(); // storage 9
      this.#segments.set(segment, users);
    }
    const spans = users.get(user);
    if (spans) spans.push(position, bytes);
    else users.set(user, [position, bytes]);
  }

  of(user: string): SegmentSpans[] {
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

  /** The records of this user before this segment are in its file now. */
  forget(user: string, segment: number): void {
    for (const [number, users] of this.#segments) if (number < segment) users.delete(user);
  }

  /** Segments before this one are gone. */
  drop(segment: number): void {
    for (const number of this.#segments.keys()) if (number < segment) this.#segments.delete(number);
  }

  get isEmpty(): boolean {
    return [...this.#segments.values()].every((users) => users.size === 0);
  }
}
