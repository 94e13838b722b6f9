/** Checks the permissions of files and folders. */
import { stat } from 'node:fs/promises';

const OTHERS = 0o077;

/** Whether only the owner may read, write or enter it. True on Windows, where access lists decide, which are not read here. */
export async function isPrivate(path: string): Promise<boolean> {
  return process.platform === 'win32' || ((await stat(path)).mode & OTHERS) === 0;
}

/** What a group may not do with a private key of another account: write, or run it. */
const OTHERS_BUT_GROUP = 0o037;

/**
 * Whether others are kept out of a private key, as sshd and PostgreSQL want it: only its owner may read it. If it belongs to
 * another account, usually root, a group may read it too: that is how this account gets it.
 */
export async function isPrivateKeyFile(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const { mode, uid } = await stat(path);
  return (mode & (uid === process.getuid?.() ? OTHERS : OTHERS_BUT_GROUP)) === 0;
}
