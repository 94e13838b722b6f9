/**
 * A lock made of files, for systems whose kernel keeps none for us. Of the files `lock-1`, `lock-2` … the highest counts:
 * it is held while the process that it names lives. Whoever finds it free makes the next one; the highest is never
 * removed, so that nobody who is slow can mistake a later holder's file for the one he has seen.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { Damaged, errorCode, FileEmpty, FileMissing, NewerFormat } from './disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from './json-file.js';
import { type Identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** What is held until it is let go of. */
export interface HeldLock {
  release(): Promise<void>;
}

interface LockFile extends ProcessIdentity {
  readonly released?: boolean;
}

const FORMAT = 1;

/** Undefined when a living process has it. */
export async function holdLockFile(
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
      const mine = highest + 1;
      if (!(await isLinked(files, prepared, pathOf(folder, mine)))) continue;
      if ((await highestOf(files, folder)) === mine) return await take(files, folder, mine, self);
      await removeIfThere(files, pathOf(folder, mine)); // Seen too late: others have gone on since.
    }
  } finally {
    await files.remove(prepared);
  }
}

async function take(files: Files, folder: string, mine: number, self: ProcessIdentity): Promise<HeldLock> {
  for (const number of await numbersIn(files, folder)) {
    if (number < mine) await removeIfThere(files, pathOf(folder, number));
  }
  const released: LockFile = { ...self, released: true };
  const file = { files, path: pathOf(folder, mine), format: FORMAT };
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

/** A file that is gone, or cannot be read, holds nobody off. */
async function isHeld(files: Files, path: string, identify: Identify): Promise<boolean> {
  try {
    const { released, ...holder } = await readJsonFile<LockFile>({ files, path, format: FORMAT });
    return !released && (await isAlive(holder, identify));
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}

/** Whether a file cannot say what it should: it is not there, or not what somebody wrote. */
export const isUnreadable = (error: unknown): boolean =>
  [FileMissing, FileEmpty, Damaged, NewerFormat].some((fault) => error instanceof fault);

/** The file appears complete, and only where there is none. */
async function isLinked(files: Files, from: string, to: string): Promise<boolean> {
  try {
    await files.link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
