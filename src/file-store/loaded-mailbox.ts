/** One mailbox in memory, with what is on its way to the disk. */
import type { JournalPosition } from '../disk/journal.js';
import type { NewMessage } from '../store/store.js';
import type { Mailbox } from './mailbox.js';
import { SenderHolds } from './sender-holds.js';
import { SeqList } from './seq-list.js';

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

export class LoadedMailbox {
  /** By seq: those after the mailbox's last. */
  readonly inFlight: SeqList<InFlight>;
  /** Senders whose messages have to wait. */
  readonly senderHolds = new SenderHolds();
  /** The newest ack on its way: later ones that say no more join it. */
  settling: Settling | undefined;
  /** The newest note of a push on its way. */
  noting: Settling | undefined;
  /** Records on their way. While there are any, the mailbox stays in memory. */
  records = 0;
  /** Set by every use, taken back by every sweep. */
  touched = false;
  /** Sweeps since the last use. */
  idleSweeps = 0;

  constructor(
    readonly user: string,
    readonly mailbox: Mailbox,
    /** Told where each record of this mailbox was written. */
    readonly placed: (user: string, place: JournalPosition) => void,
  ) {
    this.inFlight = new SeqList(mailbox.last + 1);
  }

  /** Whether everything about it is on disk: only then may it leave memory. */
  get isSettled(): boolean {
    return this.records === 0;
  }

  /** Counts a sweep: how many have found it unused by now. */
  sweep(): number {
    this.idleSweeps = this.touched ? 0 : this.idleSweeps + 1;
    this.touched = false;
    return this.idleSweeps;
  }
}
