/** When a message is overdue. With a bound for it, the time in which the server is out of reach does not count. Pure. */

export interface SendDeadlineOptions {
  /** How long a message may take. */
  readonly timeoutMs: number;
  /** How long the server may be out of reach meanwhile. Undefined: that is no excuse. */
  readonly retryForMs?: number | undefined;
}

export class SendDeadline {
  #isOnline = false;
  /** Since when the server can be reached, or cannot. */
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

  /** How long is waited for now: for the server, or for its answer. */
  get lastsMs(): number {
    const { timeoutMs, retryForMs = 0 } = this.options;
    return this.#isOnline ? timeoutMs : Math.max(timeoutMs, retryForMs);
  }

  /** The server can be reached now, or cannot. Returns whether that changes when messages are overdue. */
  reached(isOnline: boolean, now: number): boolean {
    if (isOnline === this.#isOnline) return false;
    this.#isOnline = isOnline;
    this.#since = now;
    return this.options.retryForMs !== undefined;
  }

  /** When a message that was handed over then is overdue. */
  endsAt(sentAt: number): number {
    const { timeoutMs, retryForMs } = this.options;
    const due = sentAt + timeoutMs;
    if (retryForMs === undefined) return due;
    return Math.max(due, this.#since + (this.#isOnline ? timeoutMs : retryForMs));
  }
}
