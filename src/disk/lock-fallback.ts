/**
 * A lock made of files, for systems without abstract sockets. Of the files `lock-1`, `lock-2` … the highest is the
 * lock: held while the process that it names is alive. To take a free lock, a process creates the next file. The
 * highest file is never removed, so that its number is never used again: a slow process cannot mistake a later lock for
 * the one it looked at.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { errorCode, StorageError } from './disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from './json-file.js';
import { type Identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** A lock that this process holds. */
export interface HeldLock {
  release(): Promise<void>;
}

interface LockFile extends ProcessIdentity {
  readonly released?: boolean;
}

const FORMAT = 1;

/** Takes the lock; undefined when a living process holds it. */
export async function acquireLockFile(
  files: Files,
  folder: string,
  self: ProcessIdentity,
  identify: Identify,
): Promise<HeldLock | undefined> {
  const prepared = join(folder, `lock-${randomUUID()}`);
  await writeJsonFile({ files, path: prepared, format: FORMAT }, self);
  try {
    for (;;) {
      const highest = await highestOf(files, folder);
      if (highest > 0 && (await isHeld(files, pathOf(folder, highest), identify))) return undefined;
      const own = highest + 1;
      if (!(await linkIfAbsent(files, prepared, pathOf(folder, own)))) continue;
      if ((await highestOf(files, folder)) === own) return await keep(files, folder, own, self);
      await removeIfThere(files, pathOf(folder, own)); // The folder listing was stale: a higher lock exists.
    }
  } finally {
    await files.remove(prepared);
  }
}

/** Removes the lower files. */
async function keep(files: Files, folder: string, own: number, self: ProcessIdentity): Promise<HeldLock> {
  for (const number of await numbersIn(files, folder)) {
    if (number < own) await removeIfThere(files, pathOf(folder, number));
  }
  const released: LockFile = { ...self, released: true };
  const file = { files, path: pathOf(folder, own), format: FORMAT };
  return {
    release: async () => {
      await writeJsonFile(file, released);
    },
  };
}

const pathOf = (folder: string, number: number): string => join(folder, `lock-${number}`);

const numbersIn = async (files: Files, folder: string): Promise<number[]> =>
  (await files.list(folder)).flatMap((name) => (/^lock-\d+$/.test(name) ? Number(name.slice('lock-'.length)) : []));

const highestOf = async (files: Files, folder: string): Promise<number> =>
  Math.max(0, ...(await numbersIn(files, folder)));

/** A missing or unreadable file holds no lock. */
async function isHeld(files: Files, path: string, identify: Identify): Promise<boolean> {
  try {
    const { released, ...holder } = await readJsonFile<LockFile>({ files, path, format: FORMAT });
    return !released && (await isAlive(holder, identify));
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}

/** Makes a complete file appear under another name, in one step; false if the name is taken. */
async function linkIfAbsent(files: Files, from: string, to: string): Promise<boolean> {
  try {
    await files.link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
