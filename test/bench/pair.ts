/** One sender and its receiver: what a system must offer to be driven, what it tells, and how far the messages have come. */

export interface Pair {
  /** Sends messages number `first` to `first + count - 1`, in one write. */
  send(first: number, count: number): void;
  close(): Promise<void>;
}

/** What a pair tells while it works. */
export interface PairEvents {
  /** The server has answered the sender for this many messages more. */
  answered(count: number): void;
  /** The receiver got message `number` and acks it. */
  received(number: number): void;
  /** The system is done with this many messages more: the ack arrived, as far as its protocol tells. */
  settled(count: number): void;
  failed(cause: Error): void;
}

export type OpenPair = (index: number, events: PairEvents) => Promise<Pair>;

/** Send times are kept for as many messages as can ever be under way. */
const TIMES = 1 << 16;

/** Numbers count from 0 and arrive in order: anything else is a loss, a double or a mix-up. */
export class Progress {
  sent = 0;
  answered = 0;
  received = 0;
  settled = 0;
  readonly #times = new Float64Array(TIMES);

  /** These leave now. */
  send(count: number, now: number): void {
    for (let number = this.sent; number < this.sent + count; number++) this.#times[number % TIMES] = now;
    this.sent += count;
    if (this.sent - Math.min(this.received, this.answered) > TIMES) throw new Error('too far behind to be measured');
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
