/** Who may look at a file or a folder. */
import { stat } from 'node:fs/promises';

const OTHERS = 0o077;

/** Whether nobody but its owner may read, write or enter it. On Windows access lists rule, which this does not read: true. */
export async function isPrivate(path: string): Promise<boolean> {
  return process.platform === 'win32' || ((await stat(path)).mode & OTHERS) === 0;
}
