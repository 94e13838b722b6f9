/**
 * The inbox: delivers each received message once and in order, through its steps: save, show, ack (R12, R15, R16).
 * Pure: pushes go in; the messages to save, to show and to ack come out.
 */
import type { Login } from '../../protocol/frames/login.js';
import type { Push } from '../../protocol/frames/message.js';
import { type ReceivedId, ReceivedIds } from './received-ids.js';

type LastReceived = NonNullable<Login['last']>;

/** The inbox as an earlier process left it. */
export interface SavedInbox {
  /** The epoch of `received`; undefined when nothing was ever received. */
  readonly epoch: string | undefined;
  /** The highest seq received. */
  readonly received: number;
  /** Saved and not shown yet, oldest first. */
  readonly unshown: readonly ReceivedMessage[];
  /** The newest received messages, oldest first, those of `unshown` included. */
  readonly ids: readonly ReceivedId[];
}

/** A message, with the epoch that its seq belongs to. */
export interface ReceivedMessage {
  /** It is also its record in the state folder. */
  readonly type: 'received';
  readonly epoch: string;
  readonly push: Push;
  /** It was received before, in an earlier epoch: it is not shown again. */
  readonly isKnown?: boolean;
  /** Other devices had it before this one was added. */
  readonly isHistory?: boolean;
  /** What is remembered of it, if that is known already. Not written to disk. */
  readonly receivedId?: ReceivedId | undefined;
}

interface Item extends ReceivedMessage {
  isSaved: boolean;
  isKnown?: boolean;
  isHistory?: boolean;
}

/**
 * - `new`: to be saved, shown and acked.
 * - `duplicate`: received before; it is acked again once it was shown, and has no other effect.
 * - `replay`: to be shown as a replay; it is neither saved nor acked.
 * - `gap`: its seq does not follow on the last one: the server broke the protocol.
 * - `another`: another message has had this seq: the server went back to an older state. It is neither shown nor acked.
 */
type Arrival = 'new' | 'duplicate' | 'replay' | 'gap' | 'another';

/** Shown items at the front are removed in batches of this many. */
const TRIM_BATCH = 1_024;

export class Inbox {
  #epoch: string | undefined;
  /** The highest seq received in this epoch, in any session. */
  #received: number;
  /** Everything of this epoch up to this seq was shown. */
  #shown: number;
  /** The same, as far as this process has shown something; 0: nothing. */
  #shownNow = 0;
  /** The highest seq pushed in this session, and the highest acked. */
  #pushed = 0;
  #acked = 0;
  /** What the server no longer keeps, and this device never gets, ends here; 0: it gets everything. */
  #missedUpTo = 0;
  /** What is pushed up to this seq is history. */
  #history = 0;
  /** It was left to other devices: it is not acked here, nor is anything after it. */
  #left = Number.POSITIVE_INFINITY;
  /** From `#head` on: the messages that are not shown yet, oldest first. */
  #items: Item[];
  #head = 0;
  /** Received since the last `takeUnsaved`. */
  #unsaved: Item[] = [];
  #newestSaved: ReceivedMessage | undefined;
  readonly #ids: ReceivedIds;

  constructor({ epoch, received, unshown, ids }: SavedInbox = { epoch: undefined, received: 0, unshown: [], ids: [] }) {
    this.#ids = new ReceivedIds(ids, epoch);
    this.#epoch = epoch;
    this.#received = received;
    this.#items = unshown.map((item) => ({ ...item, isSaved: true }));
    const firstUnshown = unshown.find((item) => item.epoch === epoch);
    this.#shown = firstUnshown ? firstUnshown.push.seq - 1 : received;
    this.#newestSaved = unshown.at(-1);
  }

  /** The number of messages that are not shown yet. */
  get unshown(): number {
    return this.#items.length - this.#head;
  }

  /**
   * The newest message, for `login`: the server compares it with its mailbox. Also if it is of an earlier epoch: when the server
   * goes back to that, its seqs must not be used again.
   */
  get last(): LastReceived | undefined {
    const { last } = this.#ids;
    return last && { epoch: last.epoch, seq: last.seq, from: last.from, id: last.id };
  }

  /**
   * A session begins; its pushes begin after `delivered`, and `missed` messages before that never arrive. Those up to `history`
   * are history. Returns the previous epoch if there was another one: then seqs start again. Messages of the old epoch are still shown.
   */
  welcome(epoch: string, delivered: number, missed = 0, history = 0): string | undefined {
    const previous = this.#epoch;
    if (epoch !== previous) {
      this.#epoch = epoch;
      this.#received = 0;
      this.#shown = 0;
      this.#shownNow = 0;
      this.#left = Number.POSITIVE_INFINITY;
      this.#ids.startEpoch();
    }
    this.#pushed = delivered;
    this.#acked = delivered - missed;
    this.#missedUpTo = missed > 0 ? delivered : 0;
    this.#history = history;
    return epoch === previous ? undefined : previous;
  }

  push(push: Push): Arrival {
    const { seq } = push;
    const epoch = this.#epoch ?? '';
    if (push.replay !== undefined) {
      this.#items.push({ type: 'received', epoch, push, receivedId: undefined, isSaved: true });
      return 'replay';
    }
    if (seq > this.#pushed + 1) return 'gap';
    if (seq <= this.#received && this.#ids.isAnother(push)) return 'another';
    this.#pushed = Math.max(this.#pushed, seq);
    if (seq <= this.#received) return 'duplicate'; // R12: what is not acked is pushed again; R15: but not shown again
    this.#received = seq;
    const isKnown = this.#ids.add(epoch, push);
    const item: Item = { type: 'received', epoch, push, receivedId: this.#ids.last, isSaved: false };
    if (isKnown) item.isKnown = true;
    if (seq <= this.#history) item.isHistory = true;
    this.#items.push(item);
    this.#unsaved.push(item);
    return 'new';
  }

  /** The messages received since the last call. They have to be durable before they are shown: call `saved` then. */
  takeUnsaved(): readonly ReceivedMessage[] {
    const batch = this.#unsaved;
    if (batch.length > 0) this.#unsaved = [];
    return batch;
  }

  /** A batch of `takeUnsaved` is durable. */
  saved(batch: readonly ReceivedMessage[]): void {
    for (const item of batch as readonly Item[]) item.isSaved = true;
    this.#newestSaved = batch.at(-1) ?? this.#newestSaved;
  }

  get newestSaved(): ReceivedMessage | undefined {
    return this.#newestSaved;
  }

  /** Takes the next message to show, if it is durable, and of this epoch if one is given. Call `shown` when it was shown. */
  next(epoch?: string): ReceivedMessage | undefined {
    const item = this.#items[this.#head];
    if (!item?.isSaved || item.epoch !== (epoch ?? item.epoch)) return undefined;
    this.#head += 1;
    if (this.#head === this.#items.length || this.#head >= TRIM_BATCH) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** A message of `next` was shown. To be called in the order of `next`. */
  shown({ epoch, push }: ReceivedMessage): void {
    if (push.replay !== undefined || epoch !== this.#epoch) return;
    this.#shown = Math.max(this.#shown, push.seq);
    this.#shownNow = this.#shown;
  }

  /** A message of `next` is left to the user's other devices. */
  leave({ epoch, push }: ReceivedMessage): void {
    if (push.replay === undefined && epoch === this.#epoch) this.#left = Math.min(this.#left, push.seq);
  }

  /** Everything up to here was shown; undefined when nothing of this epoch was. */
  get shownUpTo(): { readonly epoch: string; readonly seq: number } | undefined {
    return this.#epoch === undefined || this.#shown === 0 ? undefined : { epoch: this.#epoch, seq: this.#shown };
  }

  /** Whether a message of this epoch was shown by this process and is not acked yet. */
  get hasUnacked(): boolean {
    return Math.min(this.#shownNow, this.#left - 1) > this.#acked;
  }

  /** Whether everything up to this seq of this epoch was pushed in this session, and nothing of it, or older, has to be taken yet. */
  isTakenUpTo(seq: number): boolean {
    const next = this.#items[this.#head];
    return this.#pushed >= seq && (next === undefined || (next.epoch === this.#epoch && next.push.seq > seq));
  }

  /** The seq to ack now; undefined when nothing is new. Everything up to it was pushed in this session, and shown. */
  takeAck(): number | undefined {
    const done = this.unshown === 0 ? Math.max(this.#shown, this.#missedUpTo) : this.#shown;
    const seq = Math.min(this.#pushed, done, this.#left - 1);
    if (seq <= this.#acked) return undefined;
    this.#acked = seq;
    return seq;
  }
}
