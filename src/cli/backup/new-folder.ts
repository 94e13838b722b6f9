/** Makes a new data folder: in a folder that is missing or empty, under its lock, and all or nothing. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { isLockFile } from '../../disk/lock.js';
import { systemClock as clock } from '../../io/clock.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';

/**
 * Runs `work`, which writes into the folder `to`. If it fails, what it wrote is removed.
 * @param next what to do when the folder is not empty.
 * @throws Failure `usage` when it is not empty; `data-unusable` when it cannot be used; what `work` throws.
 */
export async function makeDataFolder<T>(to: string, next: string, work: () => Promise<T>): Promise<T> {
  const mustBeEmpty = (names: readonly string[]): void => {
    if (names.length > 0) throw new Failure('usage', `${to} is not empty`, { why: 'nothing was changed', next });
  };
  const found = await contentsOf(to);
  mustBeEmpty(found ?? []);
  const lock = await translateErrors(
    (error) => dataFailure(error, to),
    () => lockDataFolder(to, clock),
  );
  try {
    mustBeEmpty((await contentsOf(to)) ?? []); // Another command may have used it meanwhile.
  } catch (error) {
    await lock.release();
    throw error;
  }
  let result: T;
  try {
    result = await work();
  } catch (error) {
    for (const name of (await contentsOf(to)) ?? []) await rm(join(to, name), { recursive: true });
    await lock.release();
    if (found === undefined) await removeIfEmpty(to);
    throw error;
  }
  await lock.release();
  return result;
}

/** What is in a folder, without its lock; undefined if there is no folder. */
async function contentsOf(folder: string): Promise<string[] | undefined> {
  try {
    return (await readdir(folder)).filter((name) => !isLockFile(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw dataFailure(error, folder);
  }
}

/** Another command may have locked it again. */
async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'ENOENT') throw error;
  });
}
