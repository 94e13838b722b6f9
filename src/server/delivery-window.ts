/**
 * The delivery window of one session: what was pushed and is not yet acked. Pure.
 * A push is always a read of the mailbox from the cursor kept here, so backlog and live messages cannot overtake each other.
 */
import { utf8Bytes } from '../protocol/field-types.js';
import type { PushTrail, ReadLimit, StoredMessage } from '../store/store.js';
import { SESSION } from './limits.js';

export class DeliveryWindow {
  #acked: number;
  #pushed: number;
  /** Up to here it is pushed and counted below; less than `#pushed` after a rewind. */
  #cursor: number;
  /** Bytes of each unacked push, oldest first; the first is that of seq `#acked + 1`. */
  #sizes: number[] = [];
  #bytes = 0;
  /** When what is unacked was pushed: the last seq of each turn, and its time. */
  #turns: [seq: number, at: number][] = [];

  /** Up to here, what is unacked counts as tried. */
  #noted = 0;

  /** Starts at the mailbox cursor: everything after it is undelivered (R5). */
  constructor(delivered: number) {
    this.#acked = delivered;
    this.#pushed = delivered;
    this.#cursor = delivered;
  }

  /** Where the next read begins. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The highest seq pushed. */
  get pushed(): number {
    return this.#pushed;
  }

  /** The highest seq acked in this session, or the cursor it began with. */
  get acked(): number {
    return this.#acked;
  }

  /** How much may be pushed now, or undefined when the window is full. */
  room(): ReadLimit | undefined {
    const messages = SESSION.maxUnackedMessages - this.#sizes.length;
    const bytes = SESSION.maxUnackedBytes - this.#bytes;
    return messages > 0 && bytes > 0 ? { messages, bytes } : undefined;
  }

  /** When what is unacked was pushed, by turns: the last seq of each, and the time. */
  get turns(): PushTrail['pushes'] {
    return this.#turns;
  }

  /** Whether the push of this one was counted before: then it is no further attempt. */
  isNoted(seq: number): boolean {
    return seq <= this.#noted;
  }

  /** Whether something has waited long for its ack, and was not counted yet. `now`: ms since 1970. */
  isStuck(now: number): boolean {
    const [first] = this.#turns;
    return first !== undefined && this.#pushed > this.#noted && now - first[1] >= SESSION.noteAfterMs;
  }

  /** What was pushed counts as tried. */
  note(): void {
    this.#noted = this.#pushed;
  }

  /** These were read from the mailbox and leave now, ms since 1970. They must follow on what was pushed before. */
  push(messages: readonly StoredMessage[], now: number): void {
    for (const { seq, body } of messages) {
      if (seq !== this.#cursor + 1) throw new Error(`seq ${seq} was read from the mailbox after ${this.#cursor}`);
      this.#cursor = seq;
      this.#pushed = Math.max(this.#pushed, seq);
      const bytes = utf8Bytes(body);
      this.#sizes.push(bytes);
      this.#bytes += bytes;
    }
    if (messages.length === 0) return;
    const turn = this.#turns.at(-1);
    if (turn?.[1] === now) turn[0] = this.#cursor;
    else this.#turns.push([this.#cursor, now]);
  }

  /** Everything up to `seq` is settled. Idempotent; never moves back. */
  settle(seq: number): void {
    if (seq <= this.#acked) return;
    for (const size of this.#sizes.splice(0, seq - this.#acked)) this.#bytes -= size;
    this.#acked = seq;
    this.#cursor = Math.max(this.#cursor, seq);
    let settled = 0;
    for (const [last] of this.#turns) {
      if (last > seq) break;
      settled++;
    }
    this.#turns.splice(0, settled);
  }

  /** Everything that is not acked will be pushed again. An ack of what was pushed before still counts. */
  rewind(): void {
    this.#cursor = this.#acked;
    this.#sizes = [];
    this.#bytes = 0;
    this.#turns = [];
  }
}

/** The turns in which everything up to `seq` was pushed. */
export function turnsUpTo(turns: PushTrail['pushes'], seq: number): PushTrail['pushes'] {
  const found: [seq: number, at: number][] = [];
  for (const [last, at] of turns) {
    found.push([Math.min(last, seq), at]);
    if (last >= seq) break;
  }
  return found;
}
