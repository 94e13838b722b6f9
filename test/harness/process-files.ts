/** The files of one process: whether it is busy with them is known, and it can be killed. */
import { type Files, type OpenFile, realFiles } from '../../src/io/files.js';

const IDLE_TURNS = 20;

export class ProcessFiles {
  #isDead = false;
  readonly #begun = new Set<Promise<unknown>>();

  /** Whether something has begun and is not over. */
  get isBusy(): boolean {
    return this.#begun.size > 0;
  }

  /** Resolves when nothing has begun for many turns of the event loop: then nothing is on its way. */
  async idle(): Promise<void> {
    for (let turns = 0; turns < IDLE_TURNS; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.isBusy) turns = 0;
    }
  }

  /** The real files with some of their calls replaced. */
  with(replaced: Partial<Files>): Files {
    const files = this.#wrap({ ...realFiles, ...replaced });
    return { ...files, append: async (path, how) => this.#wrap<OpenFile>(await files.append(path, how)) };
  }

  /** As kill -9 would: nothing is begun any more. Resolves when what was begun is over. */
  async kill(): Promise<void> {
    this.#isDead = true;
    await Promise.allSettled([...this.#begun]);
  }

  #wrap<T extends object>(port: T): T {
    const wrapped = Object.entries(port).map(([name, call]) => [name, this.#mortal(call)]);
    return Object.fromEntries(wrapped) as T;
  }

  #mortal<P extends unknown[], T>(call: (...parameters: P) => Promise<T>): (...parameters: P) => Promise<T> {
    return (...parameters) => {
      if (this.#isDead) return new Promise<T>(() => undefined);
      const work = call(...parameters);
      this.#begun.add(work);
      const done = (): boolean => this.#begun.delete(work);
      work.then(done, done);
      return work;
    };
  }
}
