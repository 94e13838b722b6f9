/** The real files as one process uses them: tells whether calls are in progress, and the process can be killed. */
import { type Files, type OpenFile, realFiles } from '../../src/io/files.js';

const IDLE_TURNS = 20;

export class ProcessFiles {
  #isDead = false;
  readonly #calls = new Set<Promise<unknown>>();

  /** Whether calls are in progress. */
  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  /** Resolves when no call was in progress for many turns of the event loop. */
  async idle(): Promise<void> {
    for (let turns = 0; turns < IDLE_TURNS; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.isBusy) turns = 0;
    }
  }

  /** The real files, with some functions replaced. */
  with(replaced: Partial<Files>): Files {
    const { identify } = realFiles; // the only one that returns no promise
    const files = this.#wrap({ ...realFiles, ...replaced });
    return { ...files, identify, append: async (path, how) => this.#wrap<OpenFile>(await files.append(path, how)) };
  }

  /** Like kill -9: later calls never start. Resolves when the calls in progress have ended. */
  async kill(): Promise<void> {
    this.#isDead = true;
    await Promise.allSettled([...this.#calls]);
  }

  #wrap<T extends object>(port: T): T {
    const wrapped = Object.entries(port).map(([name, call]) => [name, this.#track(call)]);
    return Object.fromEntries(wrapped) as T;
  }

  #track<P extends unknown[], T>(call: (...parameters: P) => Promise<T>): (...parameters: P) => Promise<T> {
    return (...parameters) => {
      if (this.#isDead) return new Promise<T>(() => undefined);
      const work = call(...parameters);
      this.#calls.add(work);
      const done = (): boolean => this.#calls.delete(work);
      work.then(done, done);
      return work;
    };
  }
}
