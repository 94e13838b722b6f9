/**
 * The deadline of a message. With --retry-for, time without a connection has a limit of its own, and --timeout begins again
 * with the connection. Pure.
 */

export interface SendDeadlineOptions {
  /** How long a message may take. */
  readonly timeoutMs: number;
  /** How long the server may be unreachable. Undefined: that time counts like any other. */
  readonly retryForMs?: number | undefined;
}

export class SendDeadline {
  #isOnline = false;
  /** When `#isOnline` last changed, on the monotonic clock. */
  #since: number;

  constructor(
    private readonly options: SendDeadlineOptions,
    now: number,
  ) {
    this.#since = now;
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** The timeout that applies now: to an answer while online, to the server's return while offline. */
  get currentTimeoutMs(): number {
    const { timeoutMs, retryForMs = timeoutMs } = this.options;
    return this.#isOnline ? timeoutMs : retryForMs;
  }

  /** Returns whether that changes any deadline. */
  setOnline(isOnline: boolean, now: number): boolean {
    if (isOnline === this.#isOnline) return false;
    this.#isOnline = isOnline;
    this.#since = now;
    return this.options.retryForMs !== undefined;
  }

  /** When a message is overdue that was given to the client at `sentAt`; both on the monotonic clock. */
  of(sentAt: number): number {
    const since = this.options.retryForMs === undefined ? sentAt : Math.max(sentAt, this.#since);
    return since + this.currentTimeoutMs;
  }
}
