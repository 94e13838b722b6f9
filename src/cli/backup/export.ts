/** `im export`: makes a data folder from a database. */
import { writeAccountTable } from '../../accounts/file-accounts.js';
import { operatorTokenPath } from '../../accounts/operator-token.js';
import { writeStore } from '../../file-store/snapshot/store-transfer.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import type { Database } from '../../postgres/database/database.js';
import { expectSchema, readSchema } from '../../postgres/schema/migrations.js';
import { SCHEMA } from '../../postgres/schema/schema.js';
import { exportStore, TRANSFER_LIMITS, TransferRefused } from '../../postgres/transfer/transfer.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import type { DatabaseFlags } from '../database/database-flags.js';
import { withDatabase } from '../database/open-database.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { mustContain } from './backup.js';
import { inUse } from './import.js';
import { makeDataFolder } from './new-folder.js';

/**
 * Makes the data folder `to`, which is missing or empty, from a database that no server uses, and that stays as it is. Durable, and
 * verified, when it resolves; if it throws, there is no data folder.
 * @throws Failure `usage` when `to` is not empty; `data-unusable` for a folder or a database that cannot be used.
 */
export async function exportFolder(to: string, flags: DatabaseFlags, output: Output): Promise<void> {
  const next = 'name a new folder';
  const failureOf = (error: unknown): unknown =>
    error instanceof TransferRefused ? inUse(error) : dataFailure(error, to);
  const written = await makeDataFolder(to, next, () =>
    translateErrors(failureOf, async () => {
      const done = await withDatabase(flags, output, (database) => takeOut(database, to, output), TRANSFER_LIMITS);
      await mustContain(to, done);
      return done;
    }),
  );
  const { lsn: _, where, ...counts } = written;
  if (output.json) return output.object({ folder: to, database: where, ...counts });
  await output.line(safe`made ${inline(to)} from ${inline(where)}`);
  await output.line(
    safe`${plural(counts.users, 'user')}, ${plural(counts.messages, 'message')} in ${plural(counts.mailboxes, 'mailbox')}; verified`,
  );
  const path = operatorTokenPath(to);
  output.note(
    safe`im: only hashes of tokens are known: put the token of operator into ${inline(path)}, or im serve makes one`,
  );
}

async function takeOut(database: Database, folder: string, output: Output) {
  const schema = await readSchema(database);
  if (schema === undefined) throw new Failure('data-unusable', 'there is no store in the database');
  if (schema.schema < SCHEMA.length) {
    const next = 'im database migrate brings them up to date';
    throw new Failure('data-unusable', 'the tables are those of an older version', { next });
  }
  database.expect(expectSchema(schema, SCHEMA.length));
  const progress = new Progress(output, clock, 'messages written');
  return exportStore(database, async (whole, table) => {
    const written = await writeStore(whole, {
      ...{ files, folder },
      beforeStore: () => writeAccountTable(folder, table, files),
      onProgress: (messages) => progress.update(messages, undefined),
    });
    return { epoch: whole.epoch, users: table.accounts.size, ...written, where: database.where };
  });
}
