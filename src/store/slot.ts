/** One mailbox in memory, with what is on its way to the disk. */
import type { Place } from '../storage/journal.js';
import { HeldBack } from './held-back.js';
import type { Mailbox } from './mailbox.js';
import { SeqList } from './seq-list.js';
import type { NewMessage } from './store.js';

/** A message that has its seq and is not yet durable. */
export interface InFlight {
  readonly message: NewMessage;
  /** Resolves when it is durable, rejects when it is refused: a resend joins the batch of the original (storage 1). */
  join(): Promise<void>;
}

/** An ack, or a note of a push, that is not yet durable. */
export interface Settling {
  readonly seq: number;
  join(): Promise<void>;
}

export class Slot {
  /** By seq: those after the mailbox's last. */
  readonly inFlight: SeqList<InFlight>;
  /** Senders whose messages have to wait. */
  readonly heldBack = new HeldBack();
  /** The newest ack on its way: later ones that say no more join it. */
  settling: Settling | undefined;
  /** The newest note of a push on its way. */
  noting: Settling | undefined;
  /** Records on their way. While there are any, the mailbox stays in memory. */
  records = 0;
  /** Set by every use, taken back by every sweep: what a sweep finds untouched is idle. */
  touched = false;

  constructor(
    readonly user: string,
    readonly mailbox: Mailbox,
    /** Told where each record of this mailbox was written. */
    readonly placed: (user: string, place: Place) => void,
  ) {
    this.inFlight = new SeqList(mailbox.last + 1);
  }

  get isIdle(): boolean {
    return !this.touched && this.records === 0;
  }
}
