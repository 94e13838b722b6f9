/** Opens a database for `im serve`: connections, schema, this server's place among the others, mailboxes; closes them in reverse. */
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import { type Store, StoreUnavailable } from '../store/store.js';
import type { PostgresAccounts } from './accounts.js';
import type { PostgresBus } from './bus.js';
import { Database } from './database.js';
import { DatabaseRefused } from './database-errors.js';
import { BUS } from './limits.js';
import { joinServers, type Membership } from './membership.js';
import { expectSchema, migrate, readSchema } from './migrations.js';
import { SCHEMA } from './schema.js';

/** What the store needs. */
export interface StoreParts {
  /** It checks epoch and schema in each transaction. */
  readonly database: Database;
  readonly epoch: string;
  /** The id of this server, for the rows of devices. */
  readonly server: string;
  /** To be called with what a batch found under the lock of a mailbox, before `append` resolves. */
  readonly notePlaces: PostgresBus['notePlaces'];
}

interface ClusterOptions {
  /** The addresses of the database; see DatabaseOptions. */
  readonly url: string;
  readonly password?: string;
  readonly isSingleNode?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** The version of `im`. */
  readonly version: string;
  readonly openStore: (parts: StoreParts) => Promise<Store>;
}

export interface Cluster extends Pick<Membership, 'bus' | 'server' | 'others'> {
  readonly store: Store;
  readonly accounts: PostgresAccounts;
  /** Resolves when this server must end: the database has become another store, or its schema too new. The error says why. */
  readonly broken: Promise<DatabaseRefused>;
  /** Resolves when everything is stored, the other servers are told, and all connections are closed. */
  close(): Promise<void>;
}

/** @throws DatabaseRefused, DatabaseAway, StoreUnavailable. */
export async function openCluster({ version, openStore, ...options }: ClusterOptions): Promise<Cluster> {
  const { clock, log } = options;
  const database = new Database(options);
  let membership: Membership | undefined;
  try {
    await database.open();
    const schema = await migrate(database, SCHEMA);
    const expectation = expectSchema(schema, SCHEMA.length);
    database.expect(expectation);
    const joined = await joinServers({ database, clock, log, version, schema: SCHEMA.length });
    membership = joined;
    const { accounts, bus, server, others } = joined;
    const notePlaces: StoreParts['notePlaces'] = (user, servers) => bus.notePlaces(user, servers);
    const store = await openStore({ database, epoch: schema.epoch, server, notePlaces });
    let reportBroken: (refusal: DatabaseRefused) => void = () => undefined;
    const broken = new Promise<DatabaseRefused>((resolve) => {
      reportBroken = resolve;
    });
    // Transactions are only repeated then, because they cannot know that it stays so.
    const timer = clock.every(BUS.compareEveryMs, async () => {
      try {
        expectation.check(await readSchema(database));
      } catch (error) {
        if (error instanceof DatabaseRefused) reportBroken(error);
        else if (!(error instanceof StoreUnavailable)) log.error('schema cannot be read', error);
      }
    });
    return {
      store,
      accounts,
      bus,
      server,
      others,
      broken,
      close: async () => {
        timer.cancel();
        await store.close();
        await joined.close();
        await database.close();
      },
    };
  } catch (error) {
    await membership?.close();
    await database.close();
    throw error;
  }
}
