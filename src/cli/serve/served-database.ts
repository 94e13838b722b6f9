/** Opens a database for `im serve`: connections, schema, store, and its place among the servers that share it. */

import { joinServers } from '../../postgres/cluster/cluster.js';
import type { Database } from '../../postgres/database/database.js';
import { undeliveredIn, whyNothingIsStored } from '../../postgres/database/database-health.js';
import { expectSchema, migrate } from '../../postgres/schema/migrations.js';
import { SCHEMA } from '../../postgres/schema/schema.js';
import { PostgresStore } from '../../postgres/store/postgres-store.js';
import type { Undelivered } from '../../server/metrics.js';
import { databaseFailure, openDatabase } from '../database/open-database.js';
import type { Failure } from '../errors/failure.js';
import type { Served, ServedOptions } from './served.js';

interface ServedDatabaseOptions extends ServedOptions {
  readonly address: string;
  readonly isSingleNode: boolean;
}

/** @throws Failure as `openDatabase`. */
export async function openServedDatabase(options: ServedDatabaseOptions): Promise<Served> {
  const { address, isSingleNode, limits, onCommit, clock, log, version } = options;
  const onClearText = (hosts: string, next: string): void => log.warn('database-without-tls', { hosts, next });
  const database = await openDatabase({ address, isSingleNode, clock, log, onClearText });
  try {
    return await join(database);
  } catch (error) {
    await database.close();
    throw databaseFailure(error);
  }

  async function join(opened: Database): Promise<Served> {
    const schema = await migrate(opened, SCHEMA);
    opened.expect(expectSchema(schema, SCHEMA.length));
    const membership = await joinServers({ database: opened, clock, log, version, schema: SCHEMA.length });
    const { accounts, bus, server } = membership;
    const { epoch } = schema;
    const onPlaces = (user: string, servers: readonly string[]): void => bus.notePlaces(user, servers);
    const store = new PostgresStore({ database: opened, epoch, server, limits, onCommit, onPlaces, clock, log });
    let counted: Undelivered = { undelivered: 0, mailboxes: 0, uncounted: 0 };
    return {
      store,
      accounts,
      bus,
      place: { database: opened.where },
      announce: async () => {}, // Commands find it by its URL.
      whyNot: () => whyNothingIsStored(opened),
      // While the database is away, a scrape shows the numbers of before.
      undelivered: async () => {
        counted = await undeliveredIn(opened).catch(() => counted);
        return counted;
      },
      // Without a database it waits for it to come back; but not for another store.
      broken: membership.broken.then((refusal) => databaseFailure(refusal) as Failure),
      close: async () => {
        await store.close();
        await membership.close();
        await opened.close();
      },
    };
  }
}
