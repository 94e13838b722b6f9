/** Locks of folders within this process, by path: for processes that are simulated, and folders that are copied. */
import type { Files } from '../../src/io/files.js';

export function memoryLock(): Pick<Files, 'lock' | 'isLocked'> {
  const held = new Set<string>();
  return {
    async lock(folder) {
      if (held.has(folder)) return undefined;
      held.add(folder);
      return { release: async () => void held.delete(folder) };
    },
    isLocked: async (folder) => held.has(folder),
  };
}
