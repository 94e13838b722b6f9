/** Files of a process that dies at its nth change, for tests that try every moment of death. */
import type { Files, OpenFile } from '../../src/io/files.js';

/** `before`: the last change is not made. `after`: it is made, but the process dies before it gets the result. */
export type Death = 'before' | 'after';

export interface MortalFiles extends Files {
  /** The process is dead: nothing is written any more, and no promise settles. */
  readonly isDead: boolean;
}

export function createMortalFiles(files: Files, diesAt: number, death: Death): MortalFiles {
  let changes = 0;
  let isDead = false;
  const never = new Promise<never>(() => undefined);

  const change = async <T>(make: () => Promise<T>): Promise<T> => {
    if (isDead) return never;
    changes += 1;
    if (changes < diesAt) return make();
    isDead = true;
    if (death === 'after') await make();
    return never;
  };

  const mortal = (file: OpenFile): OpenFile => ({
    write: (bytes) => change(() => file.write(bytes)),
    datasync: () => change(() => file.datasync()),
    sync: () => change(() => file.sync()),
    truncate: (bytes) => change(() => file.truncate(bytes)),
    size: () => file.size(),
    close: () => file.close(),
  });

  return {
    ...files,
    append: async (path, options) => mortal(await change(() => files.append(path, options))),
    rename: (from, to) => change(() => files.rename(from, to)),
    remove: (path) => change(() => files.remove(path)),
    makeFolder: (path) => change(() => files.makeFolder(path)),
    syncFolder: (path) => change(() => files.syncFolder(path)),
    get isDead() {
      return isDead;
    },
  };
}
