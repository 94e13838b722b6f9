/** How many messages and bytes a user may send in a second, all sessions together. Times are monotonic, in ms. */

export interface RateLimits {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** A user who has sent less may send so many seconds' worth at once. */
  readonly burstSeconds: number;
}

/** One user: two buckets that fill all the time. What is spent beyond them has to be waited for. */
export class Rate {
  #messages: number;
  #bytes: number;
  #at: number;

  constructor(
    private readonly limits: RateLimits,
    now: number,
  ) {
    this.#messages = limits.messagesPerSecond * limits.burstSeconds;
    this.#bytes = limits.bytesPerSecond * limits.burstSeconds;
    this.#at = now;
  }

  spend(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
  }

  /** Whether the user has to wait. */
  isSpent(now: number): boolean {
    if (this.#messages > 0 && this.#bytes > 0) return false;
    this.#fill(now);
    return this.#messages <= 0 || this.#bytes <= 0;
  }

  #fill(now: number): void {
    const { messagesPerSecond, bytesPerSecond, burstSeconds } = this.limits;
    const seconds = (now - this.#at) / 1_000;
    this.#at = now;
    this.#messages = Math.min(messagesPerSecond * burstSeconds, this.#messages + seconds * messagesPerSecond);
    this.#bytes = Math.min(bytesPerSecond * burstSeconds, this.#bytes + seconds * bytesPerSecond);
  }
}

/** The rates of all users who have logged in. A session that ends does not make a bucket full again. */
export class Rates {
  readonly #users = new Map<string, Rate>(); // storage 9: a Map, never {}

  /** @param limits undefined: there are none. */
  constructor(private readonly limits: RateLimits | undefined) {}

  of(user: string, now: number): Rate | undefined {
    if (this.limits === undefined) return undefined;
    const rate = this.#users.get(user) ?? new Rate(this.limits, now);
    this.#users.set(user, rate);
    return rate;
  }
}
