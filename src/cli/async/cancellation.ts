/** Cancellation of a long-running command: it checks `exit` between two steps, and its sleeps end early. */
import type { Clock } from '../../io/clock.js';
import type { Exit } from '../errors/exit-codes.js';
import { withTimeout } from './with-timeout.js';

export class Cancellation {
  #exit: Exit | undefined;
  readonly #cancelled: Promise<void>;

  /** @param signal resolves when the command has to end: see `untilSignal`. */
  constructor(
    signal: Promise<Exit>,
    private readonly clock: Clock,
  ) {
    this.#cancelled = signal.then((exit) => {
      this.#exit = exit;
    });
  }

  /** How the command has to end; undefined until it is cancelled. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Resolves after `ms` with true; with false as soon as the command is cancelled. */
  async sleep(ms: number): Promise<boolean> {
    await withTimeout(this.clock, ms, this.#cancelled);
    return this.#exit === undefined;
  }
}
