/**
 * The queue of own messages to one recipient, in the order of sending (R16). Pure.
 *
 * A retryable refusal stops the whole queue: it waits for the answers to the messages in flight, then retries the first message
 * alone, with backoff, until that one is settled. Then the rest follows.
 */

import { CLIENT } from '../limits.js';
import type { MessageRef } from './delivery-tracking.js';

export interface QueueEntry<M extends MessageRef> {
  message: M;
  /** Empty once the entry is settled. */
  body: string;
  /** Of the body, as UTF-8. */
  readonly bytes: number;
  /** The id of the message that it is about. */
  readonly re: string | undefined;
  readonly queue: RecipientQueue<M>;
  /** Counts all messages that were ever added to the outbox, over all recipients. */
  readonly order: number;
  /** `held`: its sender takes it back, so it is not sent again; the server says whether that was in time. */
  phase: 'unsent' | 'unanswered' | 'held' | 'settled';
  /** Whether it was ever put on a connection: then the server may have it. */
  wasSent: boolean;
  isTakenBack: boolean;
}

/** Exists from a retryable refusal until the first message of the queue is settled. */
interface Backoff {
  /** Until `retryAt`; ready to retry; the first message is sent and unanswered. */
  phase: 'waiting' | 'due' | 'retrying';
  readonly retryAt: number;
  readonly refusals: number;
}

/** Settled entries at the front are removed in batches of at least this many. */
const TRIM_BATCH = 1_024;

export class RecipientQueue<M extends MessageRef> {
  readonly #entries: QueueEntry<M>[] = [];
  /** All entries before this index are settled. */
  #head = 0;
  /** The index of the next entry to send. Without a backoff, all entries before it were sent. */
  #next = 0;
  #unanswered = 0;
  #backoff: Backoff | undefined;

  constructor(readonly to: string) {}

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  get isBackingOff(): boolean {
    return this.#backoff !== undefined;
  }

  /** When to call `retry`; Infinity: never. */
  get retryAt(): number {
    return this.#backoff?.phase === 'waiting' ? this.#backoff.retryAt : Number.POSITIVE_INFINITY;
  }

  push(entry: QueueEntry<M>): void {
    this.#entries.push(entry);
  }

  /** The entry that may be sent now; call `sent` when it is. */
  next(): QueueEntry<M> | undefined {
    const backoff = this.#backoff;
    if (backoff && (backoff.phase !== 'due' || this.#unanswered > 0)) return undefined; // R16: only the first, alone
    while (this.#entries[this.#next]?.phase === 'settled') this.#next += 1;
    const entry = this.#entries[this.#next];
    return entry?.phase === 'held' ? undefined : entry; // R16: what follows waits for the answer, which may be that it is sent
  }

  sent(entry: QueueEntry<M>): void {
    entry.phase = 'unanswered';
    entry.wasSent = true;
    this.#unanswered += 1;
    this.#next += 1;
    if (this.#backoff) this.#backoff.phase = 'retrying';
  }

  /** The entry needs no answer any more: stored, refused for good, or withdrawn. */
  settle(entry: QueueEntry<M>): void {
    if (entry.phase === 'unanswered') {
      this.#unanswered -= 1;
      if (this.#backoff?.phase === 'retrying') this.#backoff = undefined;
    }
    entry.phase = 'settled';
    entry.body = '';
    while (this.#entries[this.#head]?.phase === 'settled') this.#head += 1;
    if (this.#head >= TRIM_BATCH && this.#head * 2 > this.#entries.length) this.#trim();
  }

  /** The entry was refused for now: backs off, unless it was in flight behind an entry that was refused before it. */
  refused(entry: QueueEntry<M>, now: number, random: () => number): void {
    entry.phase = entry.isTakenBack ? 'held' : 'unsent';
    this.#unanswered -= 1;
    this.#next = this.#head;
    if (this.#backoff && this.#backoff.phase !== 'retrying') return;
    const refusals = this.#backoff?.refusals ?? 0;
    const ceiling = Math.min(CLIENT.retryCapMs, CLIENT.retryBaseMs * 2 ** refusals);
    this.#backoff = { phase: 'waiting', retryAt: now + Math.floor(random() * ceiling), refusals: refusals + 1 };
  }

  /** The entry is not sent, or not again, as long as it is held. */
  hold(entry: QueueEntry<M>): void {
    entry.isTakenBack = true;
    if (entry.phase === 'unsent') entry.phase = 'held';
  }

  /** It is sent in its place after all. */
  release(entry: QueueEntry<M>): void {
    entry.isTakenBack = false;
    if (entry.phase === 'held') entry.phase = 'unsent';
  }

  /** `retryAt` has passed. */
  retry(): void {
    if (this.#backoff?.phase === 'waiting') this.#backoff.phase = 'due';
  }

  /** The connection is lost: all unanswered entries are unsent again. */
  rewind(): void {
    for (const entry of this.#entries)
      if (entry.phase === 'unanswered') entry.phase = entry.isTakenBack ? 'held' : 'unsent';
    this.#unanswered = 0;
    this.#next = this.#head;
    if (this.#backoff?.phase === 'retrying') this.#backoff.phase = 'due';
  }

  #trim(): void {
    this.#entries.splice(0, this.#head);
    this.#next = Math.max(this.#next - this.#head, 0);
    this.#head = 0;
  }
}
