/** `im database migrate` and `im database operator`. */
import { OPERATOR } from '../../accounts/accounts.js';
import { systemClock as clock } from '../../io/clock.js';
import { silentLog as log } from '../../io/log.js';
import { initOperator, PostgresAccounts } from '../../postgres/cluster/accounts.js';
import { expectSchema, migrate, readSchema } from '../../postgres/schema/migrations.js';
import { SCHEMA } from '../../postgres/schema/schema.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { DatabaseFlags } from './database-flags.js';
import { withDatabase } from './open-database.js';

export async function migrateDatabase(flags: DatabaseFlags, output: Output): Promise<void> {
  await withDatabase(flags, output, async (database) => {
    const before = (await readSchema(database))?.schema ?? 0;
    const { schema: after, epoch } = await migrate(database, SCHEMA);
    if (output.json) return output.object({ event: 'migrated', before, after, epoch });
    const what = before === after ? safe`schema ${after}: nothing to do` : safe`schema ${before} → ${after}`;
    return output.line(safe`${inline(database.where)}: ${what}`);
  });
}

/** Prints the new token. */
export async function giveOperatorToken(flags: DatabaseFlags, output: Output): Promise<void> {
  await withDatabase(flags, output, async (database) => {
    database.expect(expectSchema(await migrate(database, SCHEMA), SCHEMA.length));
    // Servers that have a session with an old token notice it themselves: within seconds, or when it sends.
    const accounts = new PostgresAccounts({ database, log, tellRevoked: () => {} });
    const isKnown = (await accounts.find([OPERATOR])).length > 0;
    const [issued] = isKnown
      ? await accounts.rotate([OPERATOR], clock.now())
      : [await initOperator(accounts, clock.now())];
    const { user = OPERATOR, token = '' } = issued ?? {};
    await (output.json ? output.object({ user, token }) : output.line(inline(token))).catch((cause: unknown) => {
      // Also when the reader is gone: nobody has the token.
      const why = cause instanceof Failure ? cause.why : String(cause);
      const next = 'run it again: that gives another token';
      throw new Failure('unexpected', 'the new token of the operator is lost', { why, next, cause });
    });
  });
}
