/** Stores on a PostgreSQL database of the tests: each test begins with empty tables and a new epoch. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { Database, type DatabaseOptions } from '../../src/postgres/database/database.js';
import { expectSchema, migrate } from '../../src/postgres/schema/migrations.js';
import { SCHEMA } from '../../src/postgres/schema/schema.js';
import { PostgresStore, type PostgresStoreOptions } from '../../src/postgres/store/postgres-store.js';

/** Users that the tests of stores send with, whose tokens have the generation 1. */
const USERS = ['alice', 'bob', 'carol'];

const EMPTY = [
  'mailbox',
  'device',
  'message',
  'sender',
  'tombstone',
  'ack',
  'push',
  'hold',
  'audit',
  'outbox',
  'account',
  'server',
]
  .map((table) => `DELETE FROM ${table}`)
  .join('; ');

/** The wall clock starts when the messages of the tests were sent: otherwise they were too old to be kept. */
const startedAt = systemClock.monotonic();
const clock = { ...systemClock, now: () => Math.floor(1_700_000_000_000 + systemClock.monotonic() - startedAt) };

export class StoreRig {
  private constructor(
    readonly url: string,
    readonly database: Database,
  ) {}

  static async open(url: string, options: Partial<DatabaseOptions> = {}): Promise<StoreRig> {
    const database = new Database({ url, isSingleNode: true, clock: systemClock, log: silentLog, ...options });
    await database.open();
    await migrate(database, SCHEMA);
    return new StoreRig(url, database);
  }

  /** Empties the tables, and gives them a new epoch. */
  async reset(): Promise<string> {
    const epoch = randomUUID();
    const schema = { epoch, schema: SCHEMA.length, oldest: 1 };
    await this.database.query({
      text: `${EMPTY.replace('DELETE FROM mailbox', 'DELETE FROM device; DELETE FROM mailbox')}; UPDATE meta SET epoch = '${epoch}'`,
    });
    await this.database.query({ text: 'INSERT INTO account (name, role, at) SELECT unnest($1::text[]), $2, 1' }, [
      USERS,
      'user',
    ]);
    await this.database.query({
      text: "INSERT INTO token (account, name, generation, hash, at) VALUES ('alice', 'main', 1, '', 1)",
    });
    this.database.expect(expectSchema(schema, SCHEMA.length));
    return epoch;
  }

  /** A further one, as another server has it, for the same database. */
  async another(epoch: string, options: Partial<DatabaseOptions> = {}): Promise<Database> {
    const database = new Database({
      url: this.url,
      isSingleNode: true,
      clock: systemClock,
      log: silentLog,
      ...options,
    });
    await database.open();
    database.expect(expectSchema({ epoch, schema: SCHEMA.length, oldest: 1 }, SCHEMA.length));
    return database;
  }

  store(epoch: string, options: Partial<PostgresStoreOptions> = {}): PostgresStore {
    return new PostgresStore({ database: this.database, epoch, clock, log: silentLog, ...options });
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
