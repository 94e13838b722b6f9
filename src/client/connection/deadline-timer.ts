/** One timer for a deadline that keeps moving: a later deadline costs nothing until the earlier one has passed. */
import { type Clock, MAX_TIMER_MS, type Timer } from '../../io/clock.js';

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
    // A deadline that is further off is checked again when the longest timer fires.
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
