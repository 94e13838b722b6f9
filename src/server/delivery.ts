/**
 * The delivery window of one session: what was pushed and is not yet acked. Pure.
 * A push is always a read of the mailbox from the cursor kept here, so backlog and live messages cannot overtake each other.
 */
import { utf8Bytes } from '../protocol/field.js';
import { SESSION } from '../protocol/limits.js';
import type { ReadLimit, StoredMessage } from '../store/store.js';

export class DeliveryWindow {
  #acked: number;
  #pushed: number;
  /** Up to here it is pushed and counted below; less than `#pushed` after a rewind. */
  #cursor: number;
  /** Bytes of each unacked push, oldest first; the first is that of seq `#acked + 1`. */
  #sizes: number[] = [];
  #bytes = 0;

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

  /** These were read from the mailbox and leave now. They must follow on what was pushed before. */
  push(messages: readonly StoredMessage[]): void {
    for (const { seq, body } of messages) {
      if (seq !== this.#cursor + 1) throw new Error(`seq ${seq} was read from the mailbox after ${this.#cursor}`);
      this.#cursor = seq;
      this.#pushed = Math.max(this.#pushed, seq);
      const bytes = utf8Bytes(body);
      this.#sizes.push(bytes);
      this.#bytes += bytes;
    }
  }

  /** Everything up to `seq` is settled. Idempotent; never moves back. */
  settle(seq: number): void {
    if (seq <= this.#acked) return;
    for (const size of this.#sizes.splice(0, seq - this.#acked)) this.#bytes -= size;
    this.#acked = seq;
    this.#cursor = Math.max(this.#cursor, seq);
  }

  /** Everything that is not acked will be pushed again. An ack of what was pushed before still counts. */
  rewind(): void {
    this.#cursor = this.#acked;
    this.#sizes = [];
    this.#bytes = 0;
  }
}
