/** Checks the permissions of files and folders. */
import { stat } from 'node:fs/promises';

const OTHERS = 0o077;

/** Whether only the owner may read, write or enter it. True on Windows, where access lists decide, which are not read here. */
export async function isPrivate(path: string): Promise<boolean> {
  return process.platform === 'win32' || ((await stat(path)).mode & OTHERS) === 0;
}
