/** Kills the server of a benchmark again and again, while it is measured. */
import type { Clock } from '../../io/clock.js';
import type { OwnServer } from './bench-server.js';

export class Killer {
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly own: OwnServer | undefined,
    private readonly everyMs: number | undefined,
    private readonly clock: Clock,
  ) {}

  /** Resolves as `work` does, when the server runs again. @throws Failure when it cannot be started. */
  async during<T>(work: Promise<T>): Promise<T> {
    const killing = this.#kill();
    const over = work.finally(() => {
      this.#isOver = true;
      this.#wake();
    });
    const [result] = await Promise.all([over, killing]);
    return result;
  }

  async #kill(): Promise<void> {
    const { own, everyMs } = this;
    if (own === undefined || everyMs === undefined) return;
    while (!this.#isOver) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.after(everyMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      if (!this.#isOver) await own.killAndRestart();
    }
  }
}
