/** Where tests put files whose loss nobody asks about: in memory, so that no fsync waits for a disk that others use, too. */
import { realpathSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** With less free space than this the memory is left to others. */
const MIN_FREE_BYTES = 2 * 1024 ** 3;

/** The parent for temporary folders: in memory where that is possible, else that of the system. */
export function fastTmpdir(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize >= MIN_FREE_BYTES) return MEMORY;
  } catch {
    // There is none: not Linux.
  }
  return realpathSync(tmpdir());
}
