/** One connection to PostgreSQL. The only file that imports `pg`. */
import pg from 'pg';
import type { Clock, Timer } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { DATABASE } from '../limits.js';
import { DatabaseAway, DatabaseRefused, endsConnection, refusesUser } from './database-errors.js';
import type { DatabaseHost } from './database-hosts.js';
import { checkSettings, SETTINGS, type Settings } from './database-settings.js';

/** SQL with `$1`, `$2` …; with a name, it is parsed once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

export type Row = Record<string, unknown>;

export interface ConnectOptions {
  readonly password?: string;
  /** One disk is meant: no standby is needed. */
  readonly isSingleNode?: boolean;
  readonly application?: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly limits: Readonly<Record<keyof typeof DATABASE, number>>;
  /** Called at once, so that an attempt can be given up with `drop`. */
  onBegin(connection: Connection): void;
}

/** How a commit may end in success without being on the standbys. */
const CANCELLED_WAIT = /cancell?ing (the )?wait for synchronous replication/;

const SERVER = 'pg_postmaster_start_time()::text';

/** Waits for the standbys, and needs no table. */
export const WAITING_WRITE = "SELECT pg_logical_emit_message(true, 'im', '')";

/**
 * A limit that was set for the role must not end a wait for the standbys. All statements look up a few rows by their keys, and are
 * planned once.
 */
const SESSION = `SET statement_timeout = 0; SET lock_timeout = 0; SET plan_cache_mode = force_generic_plan; SET jit = off;
  SET enable_seqscan = off; SET enable_bitmapscan = off`;

/** bigint as a number: seqs, times and fences are exact in it. */
const INT8 = 20;
const INT8_ARRAY = 1016;
const INT4_ARRAY = 1007;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8
      ? Number
      : pg.types.getTypeParser(oid === INT8_ARRAY ? INT4_ARRAY : oid, format)) as typeof pg.types.getTypeParser,
};

/** A client, and whether it has to go. */
export class Connection {
  isBroken = false;
  /** A commit was not waited for by the standbys. */
  wasCancelled = false;
  /** Which run of which server of the database it leads to: no two are the same. */
  server = '';

  constructor(
    readonly client: pg.Client,
    readonly host: DatabaseHost,
    private readonly clock: Pick<Clock, 'after'>,
    log: Log,
  ) {
    client.on('error', (error) => {
      if (!this.isBroken) log.debug('database-connection-lost', { where: host.where, reason: String(error) });
      this.isBroken = true;
    });
    client.on('end', () => {
      this.isBroken = true;
    });
    client.on('notice', ({ message = '' }) => {
      if (CANCELLED_WAIT.test(message)) this.wasCancelled = true;
    });
  }

  async query<R>({ name, text }: Statement, values?: readonly unknown[]): Promise<readonly R[]> {
    const config = { text, ...(name !== undefined && { name }), ...(values !== undefined && { values: [...values] }) };
    try {
      return (await this.client.query(config)).rows as R[];
    } catch (error) {
      if (endsConnection(error)) this.isBroken = true;
      throw error;
    }
  }

  /** Whether it was committed, and not rolled back. */
  async commit(): Promise<boolean> {
    try {
      return (await this.client.query('COMMIT')).command === 'COMMIT';
    } catch (error) {
      if (endsConnection(error)) this.isBroken = true;
      throw error;
    }
  }

  /** The answer; if it takes longer than `ms`, the connection is dropped. @throws DatabaseAway */
  async limited<T>(answer: Promise<T>, ms: number): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.clock.after(ms, () => {
        this.drop();
        reject(new DatabaseAway(`${this.host.where} did not answer for ${ms / 1_000} s`));
      });
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      timer?.cancel();
    }
  }

  /** Listens to these channels, too. */
  async listen(channels: readonly string[]): Promise<void> {
    await this.query({ text: channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; ') });
  }

  /** Ends it without waiting. */
  drop(): void {
    this.isBroken = true;
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

/** A connection, and the database's time when it was asked, ms since 1970. */
export interface Connected {
  readonly connection: Connection;
  readonly now: number;
}

/**
 * Connects to a primary whose settings are right, and commits a write that waits for the standbys.
 * @throws DatabaseAway, DatabaseRefused.
 */
export async function connectTo(host: DatabaseHost, options: ConnectOptions): Promise<Connected> {
  const { password, clock, log, limits, isSingleNode = false, application = 'im' } = options;
  const client = new pg.Client({
    connectionString: password === undefined ? host.url : withPassword(host.url, password),
    connectionTimeoutMillis: limits.connectMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    application_name: application,
    keepAlive: true,
    pipeline: true,
    types,
  });
  const connection = new Connection(client, host, clock, log);
  options.onBegin(connection);
  try {
    await client.connect();
    const asked = connection.query<Settings & { readonly server: string }>({
      text: `${SETTINGS}, ${SERVER} AS server`,
    });
    const [settings] = await connection.limited(asked, limits.answerMs);
    if (settings?.in_recovery) throw new DatabaseAway('it is a standby');
    checkSettings(settings as Settings, isSingleNode);
    const first = connection.query({ text: `${SESSION}; ${WAITING_WRITE}` });
    await connection.limited(first, limits.firstWriteMs);
    if (connection.wasCancelled) throw new DatabaseAway('the wait for the standbys was cancelled');
    connection.server = settings?.server ?? '';
    return { connection, now: (settings as Settings).now };
  } catch (error) {
    connection.drop();
    if (error instanceof DatabaseRefused) throw error;
    if (NO_PASSWORD.test(String(error))) {
      const where = '~/.pgpass, PGPASSWORD, IM_DATABASE_URL or a service file';
      throw new DatabaseRefused(`${host.where} asks for a password, and there is none for it in ${where}`);
    }
    const { message } = error as Error;
    if (refusesUser(error)) throw new DatabaseRefused(`${host.where}: ${message}`, { cause: error });
    throw new DatabaseAway(message, { cause: error });
  }
}

/** In the address: `pg` takes one that is beside it for empty. */
function withPassword(url: string, password: string): string {
  const address = new URL(url);
  address.password = encodeURIComponent(password);
  return address.href;
}

/** How `pg` says that the server asks for a password, and none was found. */
const NO_PASSWORD = /client password must be a (non-empty )?string/;
