/** `im backup` and `im restore`: copies a data folder as it is at one moment, and makes a data folder from such a copy. */
import type { AccountInfo } from '../../accounts/accounts.js';
import { copyAccounts } from '../../accounts/file-accounts.js';
import { copyStore, type StoreContents, verifyStore } from '../../file-store/snapshot/copy-store.js';
import { realFiles as files } from '../../io/files.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';
import { folderFailure, isStoreMissing } from '../queues/queue-reader.js';
import { makeDataFolder } from './new-folder.js';

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
  let users: readonly AccountInfo[] = [];
  const contents = await makeDataFolder(to, next, async () => {
    const beforeStore = async (): Promise<void> => {
      users = await copyAccounts(from, to, files);
    };
    const copied = await translateErrors(
      (error) => (isRestored && isStoreMissing(error, from) ? noBackup(from, error) : folderFailure(error, from)),
      () => copyStore({ files, from, to, isRestored, beforeStore }),
    );
    await mustContain(to, copied);
    return copied;
  });
  await print(to, users.length, contents, done, output);
}

/** Reads and verifies the new data folder. @throws Failure `data-unusable` when it is not what was written. */
export async function mustContain(folder: string, { lsn, messages }: Written): Promise<void> {
  const found = await verifyStore(files, folder);
  if (found.lsn === lsn && found.messages === messages && found.unreadable.length === 0) return;
  throw new Failure('data-unusable', `${folder} does not contain what was written`, { next: 'check the disk' });
}

type Written = Pick<StoreContents, 'lsn' | 'messages'>;

const noBackup = (folder: string, cause: unknown): Failure =>
  new Failure('data-unusable', `there is no store in ${folder}`, { next: 'name a folder that im backup made', cause });

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
