/**
 * All that is queued for one target, in the order of sending (R16). Pure.
 *
 * A retryable refusal holds the whole lane: what is in flight behind the refused message is waited for, then the first of
 * the lane is tried alone, ever less often, until it is settled; then the rest follows.
 */

import type { MessageRef } from './delivery-tracking.js';
import { CLIENT } from './limits.js';

export interface QueueEntry<H extends MessageRef> {
  handle: H;
  /** Empty once it is settled. */
  body: string;
  readonly bytes: number;
  readonly queue: RecipientQueue<H>;
  /** Counts all that was ever added to the outbox. */
  readonly order: number;
  phase: 'unsent' | 'unanswered' | 'settled';
}

interface Hold {
  phase: 'resting' | 'due' | 'trying';
  readonly retryAt: number;
  readonly refusals: number;
}

/** A settled head of this many entries is cut off. */
const SLACK = 1_024;

export class RecipientQueue<H extends MessageRef> {
  readonly #entries: QueueEntry<H>[] = [];
  /** Everything before it is settled. */
  #head = 0;
  /** Where sending goes on. Without a hold, everything before it was sent. */
  #next = 0;
  #unanswered = 0;
  #hold: Hold | undefined;

  constructor(readonly to: string) {}

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** When a resting lane may try again; Infinity when it does not rest. */
  get retryAt(): number {
    return this.#hold?.phase === 'resting' ? this.#hold.retryAt : Number.POSITIVE_INFINITY;
  }

  push(entry: QueueEntry<H>): void {
    this.#entries.push(entry);
  }

  /** What may be sent now. */
  next(): QueueEntry<H> | undefined {
    const hold = this.#hold;
    if (hold && (hold.phase !== 'due' || this.#unanswered > 0)) return undefined; // R16: the first alone
    while (this.#entries[this.#next]?.phase === 'settled') this.#next += 1;
    return this.#entries[this.#next];
  }

  /** What `next` returned was sent. */
  sent(entry: QueueEntry<H>): void {
    entry.phase = 'unanswered';
    this.#unanswered += 1;
    this.#next += 1;
    if (this.#hold) this.#hold.phase = 'trying';
  }

  /** It needs no further answer: stored, refused for good, or withdrawn. */
  settle(entry: QueueEntry<H>): void {
    if (entry.phase === 'unanswered') {
      this.#unanswered -= 1;
      if (this.#hold?.phase === 'trying') this.#hold = undefined;
    }
    entry.phase = 'settled';
    entry.body = '';
    while (this.#entries[this.#head]?.phase === 'settled') this.#head += 1;
    if (this.#head >= SLACK && this.#head * 2 > this.#entries.length) this.#trim();
  }

  /** Refused for now. Unless it is one of those in flight behind the first that was refused, the lane rests. */
  refuse(entry: QueueEntry<H>, now: number, random: () => number): void {
    entry.phase = 'unsent';
    this.#unanswered -= 1;
    this.#next = this.#head;
    if (this.#hold && this.#hold.phase !== 'trying') return;
    const refusals = this.#hold?.refusals ?? 0;
    const ceiling = Math.min(CLIENT.retryCapMs, CLIENT.retryBaseMs * 2 ** refusals);
    this.#hold = { phase: 'resting', retryAt: now + Math.floor(random() * ceiling), refusals: refusals + 1 };
  }

  /** Its rest is over. */
  wake(): void {
    if (this.#hold?.phase === 'resting') this.#hold.phase = 'due';
  }

  /** The connection is gone: everything is unsent again. */
  rewind(): void {
    for (const entry of this.#entries) if (entry.phase === 'unanswered') entry.phase = 'unsent';
    this.#unanswered = 0;
    this.#next = this.#head;
    if (this.#hold?.phase === 'trying') this.#hold.phase = 'due';
  }

  #trim(): void {
    this.#entries.splice(0, this.#head);
    this.#next = Math.max(this.#next - this.#head, 0);
    this.#head = 0;
  }
}
