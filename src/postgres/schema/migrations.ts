/**
 * Brings the schema of a database to the version of this program. Numbered migrations, under a lock that only one program at a time
 * has, each with its number in one transaction.
 *
 * First a migration expands: it adds what the new version needs, and older servers go on. Later another one contracts: it takes
 * away what nobody uses any more, and from then on older servers are refused.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Expectation, Transaction } from '../database/database.js';
import { DatabaseRefused } from '../database/database-errors.js';

export interface Migration {
  /** 1, 2, 3 … */
  readonly number: number;
  /** `contract`: servers that do not know this migration cannot go on. */
  readonly kind: 'expand' | 'contract';
  /** For people: what it adds or takes away. */
  readonly what: string;
  readonly sql: string;
}

/** What a database says of itself. */
export interface Schema {
  /** Identity of the store. */
  readonly epoch: string;
  /** The number of the last migration. */
  readonly schema: number;
  /** Programs that know fewer migrations cannot use it. */
  readonly oldest: number;
}

/** Any number that no other program locks in this database. */
const LOCK = 7_164_300_213;

const META = `
  CREATE TABLE IF NOT EXISTS meta (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text NOT NULL,
    schema int NOT NULL,
    oldest int NOT NULL
  )`;

const READ = { name: 'schema', text: 'SELECT epoch, schema, oldest FROM meta' };

/** What there is; undefined for a database without our tables. */
export async function readSchema(database: Database): Promise<Schema | undefined> {
  const [found] = await database.query<{ name: string | null }>({ text: "SELECT to_regclass('meta')::text AS name" });
  if (found?.name === null) return undefined;
  return (await database.query<Schema>(READ))[0];
}

/**
 * Applies what is missing. Several programs may do so at a time.
 * @param epoch of a new store; that of a data folder which is brought in.
 * @throws DatabaseRefused for a newer schema, and while a server runs that a migration would stop.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  epoch: string = randomUUID(),
): Promise<Schema> {
  for (;;) {
    const schema = await database.transaction((transaction) => step(transaction, migrations, epoch));
    if (schema.schema >= migrations.length) return schema;
  }
}

/** Applies the next migration. */
async function step(transaction: Transaction, migrations: readonly Migration[], epoch: string): Promise<Schema> {
  await transaction.query({ text: 'SELECT pg_advisory_xact_lock($1)' }, [LOCK]);
  await transaction.query({ text: META });
  const [found] = await transaction.query<Schema>(READ);
  if (found) checkSchema(found, migrations.length);
  const before = found ?? { epoch, schema: 0, oldest: 1 };
  const next = migrations[before.schema];
  if (next === undefined) return before;
  if (next.kind === 'contract') await checkServers(transaction, next);
  await transaction.query({ text: next.sql });
  const after = { ...before, schema: next.number, oldest: next.kind === 'contract' ? next.number : before.oldest };
  await transaction.query(
    {
      text: `INSERT INTO meta (epoch, schema, oldest) VALUES ($1, $2, $3)
        ON CONFLICT (one) DO UPDATE SET schema = excluded.schema, oldest = excluded.oldest`,
    },
    [after.epoch, after.schema, after.oldest],
  );
  return after;
}

/** Servers that run must know the migration. */
async function checkServers(transaction: Transaction, { number, what }: Migration): Promise<void> {
  const text = 'SELECT count(*) AS servers FROM server WHERE lease_until > clock_timestamp() AND schema < $1';
  const [row] = await transaction.query<{ servers: number }>({ text }, [number]);
  if (row?.servers)
    throw new DatabaseRefused(`${row.servers} older servers use the database (${what}): stop them, then try again`);
}

/** @param known how many migrations this program knows. @throws DatabaseRefused */
function checkSchema({ schema, oldest }: Schema, known: number): void {
  if (oldest > known)
    throw new DatabaseRefused(`the database has schema ${schema}, which this version does not know: use a newer one`);
}

/** For `Database.expect`: each transaction then checks that it is still this store, with a schema that this program knows. */
export const expectSchema = ({ epoch }: Schema, known: number): Expectation<Schema> => ({
  statement: READ,
  check(row) {
    if (row?.epoch !== epoch)
      throw new DatabaseRefused('the database contains another store now: start the server again');
    checkSchema(row, known);
  },
});
