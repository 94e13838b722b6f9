/** The files of a process that can be killed: what it has begun is done, and nothing after that. */
import { type Files, type OpenFile, realFiles } from '../../src/io/files.js';

export class MortalFiles {
  #isDead = false;
  readonly #begun = new Set<Promise<unknown>>();

  /** The real files with some of their calls replaced. */
  with(replaced: Partial<Files>): Files {
    const files = this.#wrap({ ...realFiles, ...replaced });
    return { ...files, append: async (path, how) => this.#wrap<OpenFile>(await files.append(path, how)) };
  }

  /** As kill -9 would. Resolves when what was begun is over. */
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
