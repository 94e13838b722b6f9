/** A disk under a process that dies at its nth change: for sweeping through every moment at which kill -9 may come. */
import { type Files, type OpenFile, realFiles } from '../../src/io/files.js';

/**
 * The real file system, where a lock goes by the folder's path. A process that only plays dead never lets go of its lock, and
 * the system gives the number of a removed folder to the next one.
 */
export const lockedByPath: Files = { ...realFiles, identify: async (path) => path };

export interface MortalFiles extends Files {
  /** The process is dead: nothing is written any more, and nobody is told anything. */
  readonly isDead: boolean;
}

/** kill -9 leaves what the page cache holds: it need not go to the disk for that. */
const skip = async (): Promise<void> => undefined;

/** `before`: the fatal change is not made. `after`: it is made, but the process dies before it hears of it. */
export function createMortalFiles(diesAt: number, when: 'before' | 'after'): MortalFiles {
  let changes = 0;
  let isDead = false;
  const never = new Promise<never>(() => undefined);

  const change = async <T>(make: () => Promise<T>): Promise<T> => {
    if (isDead) return never;
    changes += 1;
    if (changes < diesAt) return make();
    isDead = true;
    if (when === 'after') await make();
    return never;
  };

  const mortal = (file: OpenFile): OpenFile => ({
    write: (bytes) => change(() => file.write(bytes)),
    datasync: () => change(skip),
    sync: () => change(skip),
    truncate: (bytes) => change(() => file.truncate(bytes)),
    size: () => file.size(),
    close: () => file.close(),
  });

  return {
    ...lockedByPath,
    append: async (path, options) => mortal(await change(() => realFiles.append(path, options))),
    rename: (from, to) => change(() => realFiles.rename(from, to)),
    link: (from, to) => change(() => realFiles.link(from, to)),
    copy: (from, to) => change(() => realFiles.copy(from, to)),
    remove: (path) => change(() => realFiles.remove(path)),
    makeFolder: (path) => change(() => realFiles.makeFolder(path)),
    syncFolder: () => change(skip),
    get isDead() {
      return isDead;
    },
  };
}
