/** `im backup` and `im restore`: copies a data folder as it is at one moment, and makes a data folder from such a copy. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountInfo } from '../../accounts/accounts.js';
import { copyAccounts } from '../../accounts/file-accounts.js';
import { errorCode } from '../../disk/disk-errors.js';
import { isLockFile } from '../../disk/lock.js';
import { copyStore, type StoreContents, verifyStore } from '../../file-store/copy-store.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';
import { folderFailure, isStoreMissing } from '../queues/queue-reader.js';

/**
 * Copies the data folder `from` to `to`, beside a running server or without one, verifies the copy, and prints what is in it.
 * @param to does not exist, or is empty.
 * @throws Failure `usage` when `to` is not empty; `data-unusable`, also for mailboxes that cannot be read: they are left out.
 */
export async function backup(from: string, to: string, output: Output): Promise<void> {
  const next = 'name a new folder: each backup is a folder of its own';
  await copy(from, to, { isRestored: false, done: safe`backed up ${inline(from)} to ${inline(to)}`, next }, output);
}

/** Makes the data folder `to` from a backup, or from another data folder, and prints what is in it. @throws as `backup`. */
export async function restore(from: string, to: string, output: Output): Promise<void> {
  const next = `move it away first: mv ${to} ${to}.old`;
  await copy(from, to, { isRestored: true, done: safe`restored ${inline(from)} to ${inline(to)}`, next }, output);
}

interface CopyTexts {
  readonly isRestored: boolean;
  readonly done: SafeText;
  /** What to do when the target is not empty. */
  readonly next: string;
}

async function copy(from: string, to: string, { isRestored, done, next }: CopyTexts, output: Output): Promise<void> {
  const mustBeEmpty = (names: readonly string[]): void => {
    if (names.length > 0) throw new Failure('usage', `${to} is not empty`, { why: 'nothing was changed', next });
  };
  const found = await contentsOf(to);
  mustBeEmpty(found ?? []);
  const lock = await translateErrors(
    (error) => dataFailure(error, to),
    () => lockDataFolder(to, clock),
  );
  let users: readonly AccountInfo[] = [];
  let contents: StoreContents;
  try {
    mustBeEmpty((await contentsOf(to)) ?? []); // Another command may have used it meanwhile.
  } catch (error) {
    await lock.release();
    throw error;
  }
  try {
    const beforeStore = async (): Promise<void> => {
      users = await copyAccounts(from, to, files);
    };
    const copied = await translateErrors(
      (error) => (isRestored && isStoreMissing(error, from) ? noBackup(from, error) : folderFailure(error, from)),
      () => copyStore({ files, from, to, isRestored, beforeStore }),
    );
    contents = await verifyStore(files, to);
    if (contents.lsn !== copied.lsn || contents.messages !== copied.messages || contents.unreadable.length > 0) {
      throw new Failure('data-unusable', `${to} does not contain what was written`, { next: 'check the disk' });
    }
    contents = copied;
  } catch (error) {
    for (const name of (await contentsOf(to)) ?? []) await rm(join(to, name), { recursive: true });
    await lock.release();
    if (found === undefined) await removeIfEmpty(to);
    throw error;
  }
  await lock.release();
  await print(to, users.length, contents, done, output);
}

const noBackup = (folder: string, cause: unknown): Failure =>
  new Failure('data-unusable', `there is no store in ${folder}`, { next: 'name a folder that im backup made', cause });

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

async function print(
  folder: string,
  users: number,
  { unreadable, ...counts }: StoreContents,
  done: SafeText,
  output: Output,
): Promise<void> {
  const { messages, undelivered, newestAt, lsn } = counts;
  if (output.json) await output.object({ folder, users, ...counts });
  else {
    const newest = newestAt === undefined ? safe`` : safe`, the newest stored ${formatTime(newestAt)}`;
    await output.line(done);
    await output.line(
      safe`${plural(users, 'user')}, ${plural(messages, 'message')}${newest}; ${undelivered} undelivered`,
    );
    await output.line(safe`verified: complete up to record ${lsn} of the journal`);
  }
  const [first] = unreadable;
  if (!first) return;
  for (const { user, fault } of unreadable)
    output.note(safe`im: the mailbox of ${inline(user)}: ${inline(fault.message)}`);
  throw new Failure('data-unusable', `without ${plural(unreadable.length, 'mailbox')} that cannot be read`, {
    why: 'all others are there',
    next: 'keep the folder they come from',
  });
}
