/** The server's counters: plain numbers, so that counting is cheap. metrics-text.ts renders them on request. */
import type { CloseReason } from '../protocol/close-codes.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';

/** A histogram with fixed bucket bounds. */
export class Histogram {
  /** Observations in (previous bound, bound]; the last bucket is for those above all bounds. */
  readonly #inBucket: number[];
  #sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.#inBucket = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    (this.#inBucket[bucket < 0 ? this.bounds.length : bucket] as number)++;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** The number of observations at or below each bound; the last item counts all. */
  cumulative(): readonly number[] {
    let count = 0;
    return this.#inBucket.map((inBucket) => {
      count += inBucket;
      return count;
    });
  }
}

/** The undelivered messages of all mailboxes, as the file store counts them. */
export interface Undelivered {
  readonly undelivered: number;
  readonly mailboxes: number;
  readonly uncounted: number;
  /** ms since 1970. */
  readonly oldestAt?: number;
}

/** Updated by the server wherever the events happen. */
export class Metrics {
  /** Open connections, logged in or not. */
  connections = 0;
  /** Connections that have logged in. */
  sessions = 0;
  /** Connections that have not, handshakes included, and how many of them were cut because there were too many. */
  strangers = 0;
  strangersCut = 0;
  /** Users with a session. */
  users = 0;
  messagesStored = 0;
  messagesDuplicate = 0;
  messagesPushed = 0;
  /** Messages that were acked: their status became 1. */
  messagesDelivered = 0;
  /** Messages whose attempt ended without an ack. */
  attempts = 0;
  /** Undelivered messages, the mailboxes that have any, and those that are not counted. */
  undelivered = 0;
  undeliveredMailboxes = 0;
  uncountedMailboxes = 0;
  /** Age of the oldest undelivered message; 0 if there is none. */
  oldestUndeliveredSeconds = 0;
  /** Lines of the log that could not be written. */
  logLinesLost = 0;
  /** Received messages that were passed over (R2). */
  passedOver = 0;
  /** 1 if something can be stored, as `/readyz` says; else 0. */
  ready = 1;
  /** Until clients refuse the TLS certificate; undefined without TLS. */
  certificateDaysLeft: number | undefined;
  /** By error code. */
  readonly refusals = new Map<string, number>();
  readonly closes = new Map<CloseReason, number>();
  /** HTTP requests that were answered, by status. */
  readonly requests = new Map<number, number>();
  /** Duration of a write and fdatasync of the journal. */
  readonly commitSeconds = new Histogram([
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  ]);
  /** Journal records that shared one fdatasync. */
  readonly commitRecords = new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]);

  /** Counts a frame that is sent to a client. */
  replied(frame: ServerFrame): void {
    if (frame.type === 'error') this.refused(frame.code);
    else if (frame.type === 'stored') {
      const duplicates = frame.duplicates?.length ?? 0;
      this.messagesStored += frame.ids.length - duplicates;
      this.messagesDuplicate += duplicates;
    }
  }

  /** Counts an error by its code. */
  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  /** Counts an HTTP request. */
  requestAnswered(status: number): void {
    this.requests.set(status, (this.requests.get(status) ?? 0) + 1);
  }

  /** Counts a connection closed by this server. */
  closed(reason: CloseReason): void {
    this.closes.set(reason, (this.closes.get(reason) ?? 0) + 1);
  }

  /** Sets what the store counted. @param now ms since 1970. */
  measured({ undelivered, mailboxes, uncounted, oldestAt }: Undelivered, now: number): void {
    this.undelivered = undelivered;
    this.undeliveredMailboxes = mailboxes;
    this.uncountedMailboxes = uncounted;
    this.oldestUndeliveredSeconds = oldestAt === undefined ? 0 : Math.max(now - oldestAt, 0) / 1_000;
  }

  /** Counts one fdatasync of the journal. */
  committed(records: number, ms: number): void {
    this.commitRecords.observe(records);
    this.commitSeconds.observe(ms / 1000);
  }
}
