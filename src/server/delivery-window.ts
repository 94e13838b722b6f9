/**
 * The delivery window of one session: the messages that were pushed and are not yet acked. Pure.
 * A push is always a read of the mailbox from the cursor kept here, so live messages cannot overtake the backlog.
 */
import type { PushTrail, ReadLimit, ReadMessage } from '../store/store.js';
import { SESSION } from './limits.js';

export class DeliveryWindow {
  #settled: number;
  #acked: number;
  #pushed: number;
  /** The last seq read from the mailbox: the messages after it are pushed next. Lower than `#pushed` after a rewind. */
  #cursor: number;
  /** The sizes of the messages from `#acked + 1` to `#cursor`, and their sum. */
  #sizes: number[] = [];
  #bytes = 0;
  #pushes: [seq: number, at: number][] = [];
  /** The attempt is counted for everything up to this seq. */
  #noted = 0;

  /**
   * @param delivered the cursor of the device: everything after it is pushed (R5).
   * @param missed how many before that it has not acked, and cannot get any more.
   */
  constructor(delivered: number, missed = 0) {
    this.#settled = delivered - missed;
    this.#acked = delivered;
    this.#pushed = delivered;
    this.#cursor = delivered;
  }

  /** The next read of the mailbox starts after this seq. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The highest seq that was pushed. */
  get pushed(): number {
    return this.#pushed;
  }

  /** The highest acked seq; at first the cursor of the device. */
  get acked(): number {
    return this.#acked;
  }

  /** The same, but what the device missed counts as unacked, until the device acks it. */
  get settled(): number {
    return this.#settled;
  }

  /** How much may be pushed now; undefined when the window is full. */
  room(): ReadLimit | undefined {
    const messages = SESSION.maxUnackedMessages - this.#sizes.length;
    const bytes = SESSION.maxUnackedBytes - this.#bytes;
    return messages > 0 && bytes > 0 ? { messages, bytes } : undefined;
  }

  /** Nothing that was pushed waits for its ack. */
  get isEmpty(): boolean {
    return this.#pushed === this.#acked;
  }

  /** When the unacked messages were pushed: the last seq of each batch, and its time. Changes with the window. */
  get pushes(): PushTrail['pushes'] {
    return this.#pushes;
  }

  /** Whether the attempt of this message was counted in this session already. */
  isNoted(seq: number): boolean {
    return seq <= this.#noted;
  }

  /** Whether a message waits for its ack for long, and its attempt is not counted yet. `now`: ms since 1970. */
  isStuck(now: number): boolean {
    const [first] = this.#pushes;
    return first !== undefined && this.#pushed > this.#noted && now - first[1] >= SESSION.noteAfterMs;
  }

  /** The attempt is counted for everything pushed so far. Returns for how many messages more than before. */
  note(): number {
    const count = Math.max(this.#pushed - Math.max(this.#acked, this.#noted), 0);
    this.#noted = this.#pushed;
    return count;
  }

  /** Adds messages that are pushed at `now` (ms since 1970). They must follow the cursor without a gap. */
  push(messages: readonly ReadMessage[], now: number): void {
    for (const { seq, bytes, purgedAt } of messages) {
      if (seq !== this.#cursor + 1) throw new Error(`seq ${seq} was read from the mailbox after ${this.#cursor}`);
      this.#cursor = seq;
      this.#pushed = Math.max(this.#pushed, seq);
      const size = purgedAt === undefined ? bytes : 0;
      this.#sizes.push(size);
      this.#bytes += size;
    }
    if (messages.length === 0) return;
    const batch = this.#pushes.at(-1);
    if (batch?.[1] === now) batch[0] = this.#cursor;
    else this.#pushes.push([this.#cursor, now]);
  }

  /** Everything up to `seq` is acked. Idempotent; never moves back. */
  ack(seq: number): void {
    this.#settled = Math.max(this.#settled, seq);
    if (seq <= this.#acked) return;
    for (const size of this.#sizes.splice(0, seq - this.#acked)) this.#bytes -= size;
    this.#acked = seq;
    this.#cursor = Math.max(this.#cursor, seq);
    let ackedBatches = 0;
    for (const [last] of this.#pushes) {
      if (last > seq) break;
      ackedBatches++;
    }
    this.#pushes.splice(0, ackedBatches);
  }

  /** Everything unacked will be pushed again. An ack of an earlier push still counts. */
  rewind(): void {
    this.#cursor = this.#acked;
    this.#sizes = [];
    this.#bytes = 0;
    this.#pushes = [];
  }
}

/** The batches in which everything up to `seq` was pushed. */
export function pushesUpTo(pushes: PushTrail['pushes'], seq: number): PushTrail['pushes'] {
  const found: [seq: number, at: number][] = [];
  for (const [last, at] of pushes) {
    found.push([Math.min(last, seq), at]);
    if (last >= seq) break;
  }
  return found;
}
