/** Opens the database that a command names, and says what is wrong with it as a Failure. */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { Database, type DatabaseOptions } from '../../postgres/database.js';
import { DatabaseAway, DatabaseRefused, sqlStateOf } from '../../postgres/database-errors.js';
import { StoreUnavailable } from '../../store/store.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { findDatabase, hostsInClearText } from './database-address.js';

interface OpenOptions {
  /** As given: see `findDatabase`. */
  readonly address: string;
  /** One disk is meant. */
  readonly isSingleNode: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Those of the engine's DATABASE that differ. */
  readonly limits?: NonNullable<DatabaseOptions['limits']>;
}

/** Connected. @throws Failure `usage`; `data-unusable` when it is away, or must not be used. */
export async function openDatabase({ address, ...options }: OpenOptions): Promise<Database> {
  const found = await findDatabase(address);
  const hosts = hostsInClearText(found).join(', ');
  if (hosts !== '') options.log.warn('database-without-tls', { hosts, next: 'add sslmode=verify-full to its address' });
  const database = await translateErrors(databaseFailure, async () => new Database({ ...found, ...options }));
  try {
    await database.open();
    return database;
  } catch (error) {
    await database.close();
    throw databaseFailure(error);
  }
}

/** Runs `work` with it, and closes it. @throws as `openDatabase`, also for errors of `work`. */
export async function withDatabase<T>(options: OpenOptions, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(options);
  try {
    return await translateErrors(databaseFailure, () => work(database));
  } finally {
    await database.close();
  }
}

/** An error of the database as a Failure `data-unusable`. An unexpected error is returned as it is. */
export function databaseFailure(error: unknown): unknown {
  const what = 'the database cannot be used';
  const { message: why } = error as Error;
  if (error instanceof DatabaseRefused) return new Failure('data-unusable', what, { why, cause: error });
  if (error instanceof DatabaseAway || error instanceof StoreUnavailable)
    return new Failure('data-unusable', what, { why, next: 'im database check says more', cause: error });
  if (sqlStateOf(error) === undefined) return error;
  return new Failure('data-unusable', what, {
    why,
    next: 'its role has to own the tables, or the database',
    cause: error,
  });
}
