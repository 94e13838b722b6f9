/** A mailbox in memory, together with its records in flight: appended to the journal and not yet durable. */
import type { JournalPlace } from '../../disk/journal.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import { SeqList } from '../mailbox/seq-list.js';
import { SmallMap } from '../mailbox/small-map.js';
import { SenderHolds } from './sender-holds.js';

/** A record in flight. A resend, or a repeated ack, waits for it instead of writing another record (storage 1). */
export interface InFlight {
  /** The seq of the first message; of an ack or a push note, the seq up to which it goes. */
  readonly seq: number;
  /** Resolves when the record is durable, rejects when it was refused. */
  join(): Promise<void>;
}

export class LoadedMailbox {
  /** Messages in flight, several together, in the order of their seqs; which follow the last applied one. */
  readonly messagesInFlight = new SeqList<InFlight>(0);
  /** The newest ack in flight of each device. */
  readonly acksInFlight = new SmallMap<InFlight>();
  /** The newest push note in flight. */
  pushNoteInFlight: InFlight | undefined;
  /** All records in flight, and work that will append some. As long as there is any, the mailbox must stay in memory. */
  recordsInFlight = 0;
  /** Messages that are being unsent. Until that is durable, or refused, no session may read them. */
  unsendsInFlight: Set<InFlight> | undefined;
  /** Senders whose messages are refused for now. */
  readonly senderHolds = new SenderHolds();
  /** Set by every use, reset by every sweep. */
  wasUsed = false;
  /** Sweeps since the last use. */
  idleSweeps = 0;

  constructor(
    readonly user: string,
    readonly mailbox: Mailbox,
    /** Called with the place of durable records. */
    readonly onWritten: (user: string, place: JournalPlace) => void,
    /** Up to this seq, messages may have been pushed: sessions have read them, or they were there when this process began. */
    public pushable: number = mailbox.last,
  ) {}

  /** The message with this seq, which is known, if it is in flight. */
  messageInFlight(seq: number): InFlight | undefined {
    if (seq <= this.mailbox.last) return undefined;
    let low = this.messagesInFlight.first;
    let high = this.messagesInFlight.next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.messagesInFlight.get(middle) as InFlight).seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.messagesInFlight.get(low - 1);
  }

  /** Keeps the mailbox in memory meanwhile: for work that waits for something before it appends a record. */
  async keep<T>(work: () => Promise<T>): Promise<T> {
    this.recordsInFlight++;
    try {
      return await work();
    } finally {
      this.recordsInFlight--;
    }
  }

  /** Returns for how many sweeps, this one included, the mailbox has not been used. */
  sweep(): number {
    this.idleSweeps = this.wasUsed ? 0 : this.idleSweeps + 1;
    this.wasUsed = false;
    return this.idleSweeps;
  }
}
