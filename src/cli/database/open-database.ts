/** Opens the database that a command names, and says what is wrong with it as a Failure. */
import { type Clock, systemClock as clock } from '../../io/clock.js';
import { type Log, silentLog as log } from '../../io/log.js';
import { Database, type DatabaseOptions } from '../../postgres/database/database.js';
import { DatabaseAway, DatabaseRefused, sqlStateOf } from '../../postgres/database/database-errors.js';
import { StoreUnavailable } from '../../store/store.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { findDatabase, hostsInClearText } from './database-address.js';
import type { DatabaseFlags } from './database-flags.js';

interface OpenOptions {
  /** As given: see `findDatabase`. */
  readonly address: string;
  /** One disk is meant. */
  readonly isSingleNode: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when other machines are reached without TLS, with what to do about it. */
  readonly onClearText: (hosts: string, next: string) => void;
  /** Those of the engine's DATABASE that differ. */
  readonly limits?: NonNullable<DatabaseOptions['limits']>;
}

/** Connected. @throws Failure `usage`; `not-stored` when it is away; `data-unusable` when it must not be used. */
export async function openDatabase({ address, onClearText, ...options }: OpenOptions): Promise<Database> {
  const found = await findDatabase(address);
  const hosts = hostsInClearText(found).join(', ');
  if (hosts !== '') onClearText(hosts, 'add sslmode=verify-full to its address');
  const database = await translateErrors(databaseFailure, async () => new Database({ ...found, ...options }));
  try {
    await database.open();
    return database;
  } catch (error) {
    await database.close();
    throw databaseFailure(error);
  }
}

/** Runs a command's work with its database, and closes it. @throws as `openDatabase`, also for errors of `work`. */
export async function withDatabase<T>(
  { database: address, 'single-node': isSingleNode }: DatabaseFlags,
  output: Output,
  work: (database: Database) => Promise<T>,
  limits?: DatabaseOptions['limits'],
): Promise<T> {
  const onClearText = (hosts: string, next: string): void =>
    output.note(safe`im: warning: ${inline(hosts)}: reached without TLS; ${inline(next)}`);
  const options = { address, isSingleNode, clock, log, onClearText };
  const database = await openDatabase(limits === undefined ? options : { ...options, limits });
  try {
    return await translateErrors(databaseFailure, () => work(database));
  } finally {
    await database.close();
  }
}

const CHECK = 'im database check says more';

/** An error of the database as a Failure: `not-stored` when it is away, else `data-unusable`. An unexpected error is returned as it is. */
export function databaseFailure(error: unknown): unknown {
  const what = 'the database cannot be used';
  const { message: why } = error as Error;
  if (error instanceof DatabaseRefused) return new Failure('data-unusable', what, { why, cause: error });
  if (error instanceof DatabaseAway || error instanceof StoreUnavailable)
    return new Failure('not-stored', 'the database cannot be reached', { why, next: CHECK, cause: error });
  if (sqlStateOf(error) === undefined) return error;
  return new Failure('data-unusable', what, {
    why,
    next: 'its role has to own the tables, or the database',
    cause: error,
  });
}
