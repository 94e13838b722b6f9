/** `im import`: brings a data folder into an empty database. */
import { readAccountTable } from '../../accounts/file-accounts.js';
import { readStoreFile } from '../../file-store/files/store-file.js';
import { openSnapshot } from '../../file-store/snapshot/open-snapshot.js';
import { contentsOf, MailboxUnreadable } from '../../file-store/snapshot/store-transfer.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import type { Database } from '../../postgres/database/database.js';
import { migrate } from '../../postgres/schema/migrations.js';
import { SCHEMA } from '../../postgres/schema/schema.js';
import { importStore, TRANSFER_LIMITS, TransferRefused } from '../../postgres/transfer/transfer.js';
import { OutcomeUnknown } from '../../store/store.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import type { DatabaseFlags } from '../database/database-flags.js';
import { withDatabase } from '../database/open-database.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { folderFailure } from '../queues/queue-reader.js';

/**
 * Brings in everything of the data folder, which no server uses, and stays as it is. Durable when it resolves; if it throws, nothing
 * was changed, unless the Failure says that this is unknown.
 * @throws Failure `usage` for a database that is not empty; `data-unusable` for a folder or a database that cannot be used.
 */
export async function importFolder(folder: string, flags: DatabaseFlags, output: Output): Promise<void> {
  await translateErrors(
    (error) => failureOf(error, folder),
    async () => {
      await readStoreFile(files, folder); // first: a lock would make the folder
      const lock = await lockDataFolder(folder, clock);
      try {
        await withDatabase(flags, output, (database) => bringIn(folder, database, output), TRANSFER_LIMITS);
      } finally {
        await lock.release();
      }
    },
  );
}

async function bringIn(folder: string, database: Database, output: Output): Promise<void> {
  const accounts = await readAccountTable(folder, files);
  const snapshot = await openSnapshot({ files, folder });
  try {
    const whole = await contentsOf(snapshot);
    await migrate(database, SCHEMA);
    const progress = new Progress(output, clock, 'messages written');
    const imported = await importStore(database, whole, accounts, (messages) => progress.update(messages, undefined));
    const counts = { users: accounts.accounts.size, ...imported };
    const { where } = database;
    if (output.json) return await output.object({ folder, database: where, epoch: whole.epoch, ...counts });
    await output.line(safe`brought ${inline(folder)} into ${inline(where)}`);
    await output.line(
      safe`${plural(counts.users, 'user')}, ${plural(counts.messages, 'message')} in ${plural(counts.mailboxes, 'mailbox')}`,
    );
    output.note(safe`im: start servers with --database from now on, and none on ${inline(folder)}, which is as it was`);
  } finally {
    await snapshot.close();
  }
}

function failureOf(error: unknown, folder: string): unknown {
  const nothing = 'nothing was changed';
  if (error instanceof TransferRefused) return refused(error);
  if (error instanceof OutcomeUnknown) {
    return new Failure('unexpected', 'it is unknown whether everything is in the database', {
      why: error.message,
      next: 'run the same command again: if it is, that is refused with "contains this store already"',
      cause: error,
    });
  }
  if (!(error instanceof MailboxUnreadable)) return folderFailure(error, folder);
  const next = 'restore the folder from a backup, or see im doctor --data DIR';
  return new Failure('data-unusable', error.message, { why: nothing, next, cause: error });
}

function refused(cause: TransferRefused): Failure {
  const why = `${cause.message}; nothing was changed`;
  switch (cause.reason) {
    case 'same-store':
      return new Failure('usage', 'the database contains this store already', {
        why,
        next: 'start a server: im serve --database URL',
        cause,
      });
    case 'not-empty':
      return new Failure('usage', 'the database is not empty', {
        why,
        next: 'name another one: CREATE DATABASE',
        cause,
      });
    case 'in-use':
      return inUse(cause);
  }
}

/** Servers use the database. */
export const inUse = (cause: TransferRefused): Failure =>
  new Failure('data-unusable', 'the database is in use', {
    why: `${cause.message}; nothing was changed`,
    next: 'stop them; one that was killed counts for 10 s more. im database check lists them',
    cause,
  });
