/** Work that somebody may want to end: it looks at `exit` between two steps, and sleeps so that it can be woken. */
import type { Clock } from '../../io/clock.js';
import type { Exit } from '../errors/exit-codes.js';

export class Cancellation {
  #exit: Exit | undefined;
  readonly #woken: Promise<void>;
  readonly #clock: Clock;

  constructor(signal: Promise<Exit>, clock: Clock) {
    this.#clock = clock;
    this.#woken = signal.then((exit) => {
      this.#exit = exit;
    });
  }

  /** How it was asked to end; undefined: it was not. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Resolves after so many ms, or at once when it is asked to end. Returns whether to go on. */
  async sleep(ms: number): Promise<boolean> {
    let timer: ReturnType<Clock['after']> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = this.#clock.after(ms, resolve);
    });
    await Promise.race([over, this.#woken]);
    timer?.cancel();
    return this.#exit === undefined;
  }
}
