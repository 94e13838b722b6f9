/** One timer for a deadline that keeps moving: setting a later deadline is free until the earlier one has passed. */
import type { Clock, Timer } from '../io/clock.js';

/** The longest timer that the system knows; a deadline further off is looked at again by then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class DeadlineTimer {
  #timer: Timer | undefined;
  /** When the timer fires. */
  #armedAt = Number.POSITIVE_INFINITY;
  #deadline = Number.POSITIVE_INFINITY;

  /** @param onDue called when the deadline has passed; it may set the next one. */
  constructor(
    private readonly clock: Clock,
    private readonly onDue: () => void,
  ) {}

  /** Replaces the deadline; ms on the monotonic clock, Infinity: none. */
  set(deadline: number): void {
    this.#deadline = deadline;
    if (deadline >= this.#armedAt) return;
    this.#timer?.cancel();
    this.#arm();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedAt = Number.POSITIVE_INFINITY;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#armedAt = this.#deadline;
    const ms = Math.max(0, Math.ceil(this.#deadline - this.clock.monotonic()));
    this.#timer = this.clock.after(Math.min(ms, MAX_TIMER_MS), () => this.#fired());
  }

  #fired(): void {
    this.#timer = undefined;
    this.#armedAt = Number.POSITIVE_INFINITY;
    if (this.#deadline === Number.POSITIVE_INFINITY) return;
    if (this.clock.monotonic() < this.#deadline) this.#arm();
    else this.onDue();
  }
}
