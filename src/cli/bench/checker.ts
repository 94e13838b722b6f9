/** The checker of a benchmark: what one sender sent, what the server answered, what its recipient got. It judges promises. Pure. */

/** Which numbers of 0, 1, 2 … have come. Cheap when they come in order. */
class Numbers {
  /** Above the highest one that has come. */
  next = 0;
  /** Below `next`; ascending, since the gaps before a number are added when it comes. */
  readonly #missing = new Set<number>();

  get count(): number {
    return this.next - this.#missing.size;
  }

  has(number: number): boolean {
    return number < this.next && !this.#missing.has(number);
  }

  /** `late`: a higher one came before it. */
  add(number: number): 'in order' | 'late' | 'again' {
    if (number < this.next) return this.#missing.delete(number) ? 'late' : 'again';
    for (let passed = this.next; passed < number; passed++) this.#missing.add(passed);
    this.next = number + 1;
    return 'in order';
  }

  /** The lowest one that has not come. */
  get firstMissing(): number {
    return this.#missing.values().next().value ?? this.next;
  }
}

/** What became of the messages of one or more senders. */
export interface Verdict {
  readonly sent: number;
  /** The server said that they are on disk. */
  readonly stored: number;
  /** The recipient has them. */
  readonly delivered: number;
  /** Stored, and never delivered (R14). */
  readonly lost: number;
  /** Delivered again under another seq, so that a client would show them twice (R8, R15). */
  readonly twice: number;
  /** Delivered after a newer one (R16). */
  readonly outOfOrder: number;
  /** Delivered with another body, or never sent. */
  readonly altered: number;
  /** Pushed again under the same seq, as after a lost ack: allowed, since a client drops them. */
  readonly pushedAgain: number;
}

/** The messages of one sender to one recipient, numbered from 0 as they are sent. */
export class Checker {
  #sent = 0;
  readonly #stored = new Numbers();
  readonly #received = new Numbers();
  #epoch: string | undefined;
  #lastSeq = 0;
  #twice = 0;
  #outOfOrder = 0;
  #altered = 0;
  #pushedAgain = 0;

  /** @param bodyOf the body of a message. */
  constructor(private readonly bodyOf: (number: number) => string) {}

  get sent(): number {
    return this.#sent;
  }

  get stored(): number {
    return this.#stored.count;
  }

  get received(): number {
    return this.#received.count;
  }

  /** Sent, and not known to be stored. */
  get unanswered(): number {
    return this.#sent - this.#stored.count;
  }

  get firstUnanswered(): number {
    return this.#stored.firstMissing;
  }

  /** Whether everything that was sent is stored and delivered. */
  get isComplete(): boolean {
    return this.stored === this.#sent && this.received === this.#sent;
  }

  isStored(number: number): boolean {
    return this.#stored.has(number);
  }

  /** Notes one more message; returns its number. */
  send(): number {
    return this.#sent++;
  }

  /** The server says that a message is on disk. Whether that is news, and the message was sent. */
  answered(number: number): boolean {
    return this.#isSent(number) && this.#stored.add(number) !== 'again';
  }

  /** The recipient logs in. In a new epoch seqs begin again. */
  loggedIn(epoch: string): void {
    if (epoch !== this.#epoch) this.#lastSeq = 0;
    this.#epoch = epoch;
  }

  /** The recipient gets a message. @param number NaN for an id that is none of ours. Whether it gets it for the first time. */
  pushed(seq: number, number: number, body: string): boolean {
    if (!this.#isSent(number)) {
      this.#altered++;
      return false;
    }
    if (body !== this.bodyOf(number)) this.#altered++;
    const isOldSeq = seq <= this.#lastSeq;
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const outcome = this.#received.add(number);
    if (outcome === 'again') {
      if (isOldSeq) this.#pushedAgain++;
      else this.#twice++;
      return false;
    }
    if (outcome === 'late' || isOldSeq) this.#outOfOrder++;
    return true;
  }

  verdict(): Verdict {
    let lost = 0;
    for (let number = this.#received.firstMissing; number < this.#stored.next; number++)
      if (this.#stored.has(number) && !this.#received.has(number)) lost++;
    return {
      sent: this.#sent,
      stored: this.stored,
      delivered: this.received,
      lost,
      twice: this.#twice,
      outOfOrder: this.#outOfOrder,
      altered: this.#altered,
      pushedAgain: this.#pushedAgain,
    };
  }

  #isSent(number: number): boolean {
    return Number.isInteger(number) && number >= 0 && number < this.#sent;
  }
}

export function total(verdicts: readonly Verdict[]): Verdict {
  const sum = (count: (verdict: Verdict) => number): number => verdicts.reduce((all, one) => all + count(one), 0);
  return {
    sent: sum(({ sent }) => sent),
    stored: sum(({ stored }) => stored),
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost }) => lost),
    twice: sum(({ twice }) => twice),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
    altered: sum(({ altered }) => altered),
    pushedAgain: sum(({ pushedAgain }) => pushedAgain),
  };
}

/** What was promised and not kept: `lost 3`, `twice 1`. Empty: every promise held. */
export const broken = ({ lost, twice, outOfOrder, altered }: Verdict): readonly string[] =>
  Object.entries({ lost, twice, 'out of order': outOfOrder, altered })
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${word} ${count}`);
