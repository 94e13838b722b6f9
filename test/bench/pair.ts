/** One sender and its receiver: what a system must implement to be measured, the events it reports, and the progress of a run. */

export interface Pair {
  /** Sends messages number `first` to `first + count - 1`, in one write. */
  send(first: number, count: number): void;
  close(): Promise<void>;
}

/** Events that a pair reports while it runs. */
export interface PairEvents {
  /** The server has answered this many more messages of the sender. */
  answered(count: number): void;
  /** The receiver got message `number` and acks it. */
  received(number: number): void;
  /** The acks of this many more messages arrived, as far as the protocol tells. */
  settled(count: number): void;
  failed(cause: Error): void;
}

export type OpenPair = (index: number, events: PairEvents) => Promise<Pair>;

/** Number of send times that are kept: more messages can never be in flight. */
const TIMES = 1 << 16;

/** Progress of a pair. Messages are numbered from 0 and must arrive in order. */
export class Progress {
  sent = 0;
  answered = 0;
  received = 0;
  settled = 0;
  readonly #times = new Float64Array(TIMES);

  /** Records that `count` more messages leave at `now` (ms). */
  send(count: number, now: number): void {
    for (let number = this.sent; number < this.sent + count; number++) this.#times[number % TIMES] = now;
    this.sent += count;
    if (this.sent - Math.min(this.received, this.answered) > TIMES)
      throw new Error('too many messages are in flight to measure');
  }

  sentAt(number: number): number {
    return this.#times[number % TIMES] ?? 0;
  }

  /** Messages that were stored, answered, pushed and acked. */
  get done(): number {
    return Math.min(this.answered, this.received);
  }

  get isIdle(): boolean {
    return this.answered === this.sent && this.received === this.sent && this.settled === this.sent;
  }

  toString(): string {
    return `${this.sent} sent, ${this.answered} answered, ${this.received} received, ${this.settled} settled`;
  }
}
