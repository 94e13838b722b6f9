/** The real disk with faults below a real store: full, hanging, or broken. */
import type { Files, OpenFile } from '../../src/io/files.js';
import { type Deferred, deferred } from './deferred.js';

/** `full`: writes fail with ENOSPC. `hanging`: nothing becomes durable. `broken`: syncs fail with EIO. */
export type DiskState = 'sound' | 'full' | 'hanging' | 'broken';

export class FaultyDisk {
  readonly files: Files;
  #state: DiskState = 'sound';
  #change: Deferred<void> = deferred();

  constructor(files: Files) {
    this.files = { ...files, append: async (path, options) => this.#file(await files.append(path, options)) };
  }

  /** Sets the state. Hanging syncs continue in the new state. */
  become(state: DiskState): void {
    this.#state = state;
    this.#change.resolve();
    this.#change = deferred();
  }

  #file(file: OpenFile): OpenFile {
    return {
      ...file,
      write: async (bytes) => {
        if (this.#state === 'full') throw systemError('ENOSPC');
        return file.write(bytes);
      },
      datasync: () => this.#sync(() => file.datasync()),
      sync: () => this.#sync(() => file.sync()),
    };
  }

  async #sync(sync: () => Promise<void>): Promise<void> {
    while (this.#state === 'hanging') await this.#change.promise;
    if (this.#state === 'broken') throw systemError('EIO');
    return sync();
  }
}

const systemError = (code: string): Error => Object.assign(new Error(code), { code });
