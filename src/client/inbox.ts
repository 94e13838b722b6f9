/**
 * What comes in: each message once, in order, and every step in its order: durable, shown, acked (R12, R15, R16).
 * Pure: pushes go in; what to save, what to show and what to ack come out.
 */
import type { Push } from '../protocol/frames/message.js';

/** What an earlier process left behind. */
export interface SavedInbox {
  /** The life of the store that the numbers below belong to; undefined when nothing was ever received. */
  readonly epoch: string | undefined;
  /** The highest seq received. */
  readonly received: number;
  /** Durable, not yet shown; oldest first. */
  readonly unshown: readonly ReceivedMessage[];
}

/** A message and the life of the store that numbered it. */
export interface ReceivedMessage {
  readonly epoch: string;
  readonly push: Push;
}

interface Item extends ReceivedMessage {
  isSaved: boolean;
}

/**
 * - `new`: to be saved, shown and acked.
 * - `known`: received before; it is acked again once it was shown, and has no other effect.
 * - `replay`: to be shown, marked as such; never saved, never acked.
 * - `hole`: pushes are contiguous, this one does not follow: the server broke the protocol.
 */
type Arrival = 'new' | 'known' | 'replay' | 'hole';

/** Shown items that may stay in front before they are cut off. */
const SLACK = 1_024;

export class Inbox {
  #epoch: string | undefined;
  /** The highest seq received in this epoch, in any session. */
  #received: number;
  /** Everything of this epoch up to this seq was shown. */
  #shown: number;
  /** The highest seq pushed, and acked, in this session. */
  #pushed = 0;
  #acked = 0;
  /** Not shown yet, oldest first, from `#head` on. */
  #items: Item[];
  #head = 0;
  /** Arrived since `takeUnsaved`. */
  #unsaved: Item[] = [];
  #newestSaved: ReceivedMessage | undefined;

  constructor({ epoch, received, unshown }: SavedInbox = { epoch: undefined, received: 0, unshown: [] }) {
    this.#epoch = epoch;
    this.#received = received;
    this.#items = unshown.map((item) => ({ ...item, isSaved: true }));
    const waiting = unshown.find((item) => item.epoch === epoch);
    this.#shown = waiting ? waiting.push.seq - 1 : received;
    this.#newestSaved = unshown.at(-1);
  }

  /** How many wait to be shown. */
  get waiting(): number {
    return this.#items.length - this.#head;
  }

  /**
   * A session begins: pushes follow on `delivered`. Returns whether the epoch is another one: then the numbers before mean
   * nothing any more. What was received in it is still shown.
   */
  welcome(epoch: string, delivered: number): boolean {
    const isNewEpoch = epoch !== this.#epoch;
    if (isNewEpoch) {
      this.#epoch = epoch;
      this.#received = 0;
      this.#shown = 0;
    }
    this.#pushed = delivered;
    this.#acked = delivered;
    return isNewEpoch;
  }

  push(push: Push): Arrival {
    const { seq } = push;
    const epoch = this.#epoch ?? '';
    if (push.replay !== undefined) {
      this.#items.push({ epoch, push, isSaved: true });
      return 'replay';
    }
    if (seq > this.#pushed + 1) return 'hole';
    this.#pushed = Math.max(this.#pushed, seq);
    if (seq <= this.#received) return 'known'; // R12: the client drops what it has already
    this.#received = seq;
    const item = { epoch, push, isSaved: false };
    this.#items.push(item);
    this.#unsaved.push(item);
    return 'new';
  }

  /** What arrived since the last call and must be made durable before it is shown. */
  takeUnsaved(): readonly ReceivedMessage[] {
    const batch = this.#unsaved;
    if (batch.length > 0) this.#unsaved = [];
    return batch;
  }

  /** What `takeUnsaved` returned is durable now. */
  saved(batch: readonly ReceivedMessage[]): void {
    for (const item of batch as readonly Item[]) item.isSaved = true;
    this.#newestSaved = batch.at(-1) ?? this.#newestSaved;
  }

  /** The last message that is durable. */
  get newestSaved(): ReceivedMessage | undefined {
    return this.#newestSaved;
  }

  /** Takes the message to show next, if it is durable. It is to be followed by `shown`. */
  next(): ReceivedMessage | undefined {
    const item = this.#items[this.#head];
    if (!item?.isSaved) return undefined;
    this.#head += 1;
    if (this.#head === this.#items.length || this.#head >= SLACK) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** What `next` returned was shown. Nothing shown before it can be unshown: it is called in order. */
  shown({ epoch, push }: ReceivedMessage): void {
    if (push.replay === undefined && epoch === this.#epoch) this.#shown = Math.max(this.#shown, push.seq);
  }

  /** The seq to ack now, if there is news: everything up to it was pushed in this session, is durable, and was shown. */
  takeAck(): number | undefined {
    const seq = Math.min(this.#pushed, this.#shown);
    if (seq <= this.#acked) return undefined;
    this.#acked = seq;
    return seq;
  }
}
