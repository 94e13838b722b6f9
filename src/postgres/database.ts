/**
 * Connections to PostgreSQL: finds the primary among several hosts, checks its settings, and says what became of a transaction.
 * A connection is used only after it has committed a write that waited for the standbys: what an earlier primary showed
 * before it was replicated is then either on them or gone.
 */
import pg from 'pg';
import type { Clock, Timer } from '../io/clock.js';
import type { Log } from '../io/log.js';
import { OutcomeUnknown, StoreUnavailable } from '../store/store.js';
import { DatabaseAway, DatabaseRefused, endsConnection, isPassing } from './database-errors.js';
import { type DatabaseHost, hostsOf } from './database-hosts.js';
import { checkSettings, SETTINGS, type Settings } from './database-settings.js';
import { DATABASE } from './limits.js';

export interface DatabaseOptions {
  /** `postgresql://user@host1:5432,host2:5432/name`, with the options of libpq such as `sslmode`. */
  readonly url: string;
  /** If the address has none. Default: PGPASSWORD. */
  readonly password?: string;
  /** One disk is meant: no standby is needed. */
  readonly isSingleNode?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<Record<keyof typeof DATABASE, number>>;
  /** As the database lists its connections. Default `im`. */
  readonly application?: string;
}

/** SQL with `$1`, `$2` …; with a name, it is parsed once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

export type Row = Record<string, unknown>;

/**
 * Statements may be sent without waiting for the ones before: they arrive together. Each runs after the one before it. The first
 * that fails makes all later ones fail.
 */
export interface Transaction {
  /** Rows with numbers for bigint, and Buffers for bytea. */
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]>;
  /** As `query`, without a result. Sent together with the commit, if the run waits for nothing after it. */
  write(statement: Statement, values?: readonly unknown[]): void;
}

export interface Listener {
  /** Whether it listens. */
  readonly isConnected: boolean;
  /** Runs a statement on its connection; the commit waits for no disk. @throws DatabaseAway. */
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]>;
  /** Gives up the connection and makes a new one. */
  reconnect(): void;
  close(): void;
}

export interface ListenOptions {
  readonly channels: readonly string[];
  onNotification(channel: string, payload: string): void;
  /** It listens, for the first time or again: notices may have been missed until now. */
  onConnected(): void;
}

/** Refuses a transaction in a database that is not the expected one, by what `text` selects; one row. */
export interface Expectation<R = Row> {
  readonly statement: Statement;
  /** @throws DatabaseRefused. */
  check(row: R | undefined): void;
}

/** How a commit may end in success without being on the standbys. */
const CANCELLED_WAIT = /cancell?ing (the )?wait for synchronous replication/;

/** Waits for the standbys, and needs no table. */
const FIRST_WRITE = "SELECT pg_logical_emit_message(true, 'im', '')";

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
class Connection {
  isBroken = false;
  /** A commit was not waited for by the standbys. */
  wasCancelled = false;

  constructor(
    readonly client: pg.Client,
    readonly host: DatabaseHost,
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
    return (await this.client.query('COMMIT')).command === 'COMMIT';
  }

  /** Ends it without waiting. */
  drop(): void {
    this.isBroken = true;
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

interface Waiting {
  resolve(connection: Connection): void;
  reject(error: Error): void;
}

export class Database {
  readonly #options: DatabaseOptions;
  readonly #hosts: readonly DatabaseHost[];
  readonly #limits: Record<keyof typeof DATABASE, number>;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Set<DatabaseListener>();
  /** Connections being opened. */
  #opening = 0;
  /** Which host answered last. */
  #preferred = 0;
  #expectation: Expectation | undefined;
  /** The database's time when the clock's monotonic time was 0, at most; ms since 1970. */
  #origin: number | undefined;
  /** Why it was refused last. */
  #refusal: string | undefined;
  #closed = false;

  /** Connects to nothing yet. @throws DatabaseRefused for an address that is none. */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#hosts = hostsOf(options.url);
    this.#limits = { ...DATABASE, ...options.limits };
  }

  /** The hosts, for people. */
  get where(): string {
    return this.#hosts.map(({ where }) => where).join(', ');
  }

  /** The database's time, ms since 1970, at most: as far as transactions have told. Undefined before the first connection. */
  now(): number | undefined {
    return this.#origin === undefined ? undefined : this.#origin + this.#options.clock.monotonic();
  }

  /** From now on each transaction checks this as well. */
  expect<R>(expectation: Expectation<R>): void {
    this.#expectation = expectation as Expectation;
  }

  /** Opens the first connection, so that what is wrong is told at once. @throws DatabaseRefused, DatabaseAway. */
  async open(): Promise<void> {
    this.#release(await this.#open());
  }

  /**
   * Runs statements and commits. `run` is repeated, when nothing was committed, as long as that may help: so it changes nothing
   * but the database. What it throws itself rolls back, and is thrown.
   * @param waitMs for how long a connection is looked for.
   * @throws StoreUnavailable when nothing was committed. @throws OutcomeUnknown when nobody knows whether it was.
   */
  async transaction<T>(run: (transaction: Transaction) => Promise<T>, waitMs = this.#limits.waitMs): Promise<T> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + waitMs;
    for (let pause = this.#limits.retryMs; ; pause = Math.min(pause * 2, this.#limits.maxRetryMs)) {
      try {
        return await this.#transaction(run, deadline);
      } catch (error) {
        if (!(error instanceof DatabaseAway || isPassing(error))) throw error;
        if (this.#closed || clock.monotonic() + pause > deadline) throw unavailable(error as Error);
        await new Promise<void>((resolve) => clock.after(pause * (0.5 + Math.random() / 2), resolve));
      }
    }
  }

  /** Reads, outside of a transaction. @throws StoreUnavailable. */
  async query<R = Row>(statement: Statement, values: readonly unknown[] = []): Promise<readonly R[]> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + this.#limits.waitMs;
    for (let pause = this.#limits.retryMs; ; pause = Math.min(pause * 2, this.#limits.maxRetryMs)) {
      let connection: Connection | undefined;
      try {
        connection = await this.#acquire(deadline);
        return await this.#limited(connection, connection.query<R>(statement, values));
      } catch (error) {
        const isAway = error instanceof DatabaseAway || connection?.isBroken === true || isPassing(error);
        if (!isAway) throw error;
        if (this.#closed || clock.monotonic() + pause > deadline) throw unavailable(error as Error);
        await new Promise<void>((resolve) => clock.after(pause * (0.5 + Math.random() / 2), resolve));
      } finally {
        if (connection) this.#release(connection);
      }
    }
  }

  /** Listens on a connection of its own, and connects again for ever. Notices are sent on it, too, without waiting for disks. */
  listen(options: ListenOptions): Listener {
    const connect = async (): Promise<Connection> => {
      const connection = await this.#connect();
      await this.#limited(connection, connection.query({ text: 'SET synchronous_commit = off' }));
      return connection;
    };
    const limited = <T>(connection: Connection, answer: Promise<T>): Promise<T> => this.#limited(connection, answer);
    const { clock, log } = this.#options;
    const listener = new DatabaseListener({ ...options, clock, log, limits: this.#limits, connect, limited }, () =>
      this.#listeners.delete(listener),
    );
    this.#listeners.add(listener);
    listener.start();
    return listener;
  }

  /** Drops all connections. Transactions in flight fail, those that were being committed with OutcomeUnknown. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const listener of [...this.#listeners]) listener.close();
    for (const { reject } of this.#waiting.splice(0)) reject(new DatabaseAway('the database is closed'));
    for (const connection of this.#busy) connection.drop();
    await Promise.allSettled(this.#idle.splice(0).map(({ client }) => client.end()));
  }

  async #transaction<T>(run: (transaction: Transaction) => Promise<T>, deadline: number): Promise<T> {
    const connection = await this.#acquire(deadline);
    /** Statements in flight: whoever sent one need not wait for it. */
    const sent: Promise<unknown>[] = [];
    const send = <R>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]> => {
      const answer = connection.query<R>(statement, values);
      answer.catch(ignored);
      sent.push(answer);
      return answer;
    };
    let isCommitting = false;
    const work = async (): Promise<T> => {
      const expectation = this.#expectation;
      send({ text: 'BEGIN' });
      const settings = send<Settings>({ name: 'settings', text: SETTINGS });
      const expected = expectation && send<Row>(expectation.statement);
      const result = await run({ query: send, write: (statement, values) => void send(statement, values) });
      const [row] = await settings;
      this.#check(row as Settings, expectation, (await expected)?.[0]);
      isCommitting = true;
      connection.wasCancelled = false;
      const committing = connection.commit();
      committing.catch(ignored);
      for (const answer of sent) await answer;
      if (!(await committing)) throw new DatabaseAway('the transaction was rolled back');
      if (connection.wasCancelled) throw new OutcomeUnknown('the wait for the standbys was cancelled');
      return result;
    };
    try {
      return await this.#limited(connection, work());
    } catch (error) {
      // A statement that failed was answered: then the commit rolled back.
      const isAnswered = !connection.isBroken && !(error instanceof OutcomeUnknown);
      if (isCommitting && !isAnswered) {
        connection.drop();
        throw new OutcomeUnknown(`it is unknown what is stored: ${(error as Error).message}`, { cause: error });
      }
      if (connection.isBroken) throw new DatabaseAway((error as Error).message, { cause: error });
      if (!isCommitting) await this.#rollBack(connection);
      throw error;
    } finally {
      this.#release(connection);
    }
  }

  /** What is refused may be mended while servers run: calls wait for that, as for a database that is away. @throws DatabaseAway */
  #check(settings: Settings, expectation: Expectation | undefined, expected: Row | undefined): void {
    try {
      if (settings.in_recovery) throw new DatabaseRefused('it is a standby');
      checkSettings(settings, this.#options.isSingleNode === true);
      expectation?.check(expected);
    } catch (error) {
      if (!(error instanceof DatabaseRefused)) throw error;
      this.#refused(error);
      throw new DatabaseAway(error.message, { cause: error });
    }
    this.#refusal = undefined;
    // The answer has been under way: the database's time is later than this by now.
    this.#origin = settings.now - this.#options.clock.monotonic();
  }

  /** Told once, until it is another reason. */
  #refused(error: DatabaseRefused): void {
    if (error.message !== this.#refusal) this.#options.log.error('database-refused', error, { where: this.where });
    this.#refusal = error.message;
  }

  async #rollBack(connection: Connection): Promise<void> {
    try {
      await this.#limited(connection, connection.query({ text: 'ROLLBACK' }));
    } catch {
      connection.drop();
    }
  }

  /** Drops the connection if the answer takes too long. */
  async #limited<T>(connection: Connection, answer: Promise<T>, ms: number = this.#limits.answerMs): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.#options.clock.after(ms, () => {
        connection.drop();
        reject(new DatabaseAway(`${connection.host.where} did not answer for ${ms / 1_000} s`));
      });
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      timer?.cancel();
    }
  }

  async #acquire(deadline: number): Promise<Connection> {
    if (this.#closed) throw new DatabaseAway('the database is closed');
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isBroken) continue;
      this.#busy.add(connection);
      return connection;
    }
    if (this.#busy.size + this.#opening < this.#limits.maxConnections) return this.#open();
    let timer: Timer | undefined;
    try {
      return await new Promise<Connection>((resolve, reject) => {
        const waiting = { resolve, reject };
        this.#waiting.push(waiting);
        timer = this.#options.clock.after(Math.max(deadline - this.#options.clock.monotonic(), 0), () => {
          const index = this.#waiting.indexOf(waiting);
          if (index < 0) return;
          this.#waiting.splice(index, 1);
          reject(new DatabaseAway('all connections are in use'));
        });
      });
    } finally {
      timer?.cancel();
    }
  }

  async #open(): Promise<Connection> {
    this.#opening++;
    try {
      const connection = await this.#connect();
      if (this.#closed) {
        connection.drop();
        throw new DatabaseAway('the database is closed');
      }
      this.#busy.add(connection);
      return connection;
    } finally {
      this.#opening--;
    }
  }

  #release(connection: Connection): void {
    this.#busy.delete(connection);
    if (this.#closed) connection.drop();
    if (connection.isBroken) {
      // Those that wait must not wait for a connection that nobody opens.
      for (const { reject } of this.#waiting.splice(0)) reject(new DatabaseAway('a connection was lost'));
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else {
      this.#busy.add(connection);
      next.resolve(connection);
    }
  }

  /** A connection to the primary, on which a write has waited for the standbys. @throws DatabaseAway, DatabaseRefused. */
  async #connect(): Promise<Connection> {
    const faults: Error[] = [];
    for (let offset = 0; offset < this.#hosts.length; offset++) {
      const index = (this.#preferred + offset) % this.#hosts.length;
      const host = this.#hosts[index] as DatabaseHost;
      try {
        const connection = await this.#connectTo(host);
        this.#preferred = index;
        return connection;
      } catch (error) {
        faults.push(error as Error);
      }
    }
    const refusal = faults.find((fault) => fault instanceof DatabaseRefused);
    if (refusal) throw refusal;
    const reasons = faults.map((fault, index) => `${this.#hosts[index]?.where}: ${fault.message}`);
    throw new DatabaseAway(`no database answers: ${reasons.join('; ')}`, { cause: faults[0] });
  }

  async #connectTo(host: DatabaseHost): Promise<Connection> {
    const { password, log, isSingleNode = false, application = 'im' } = this.#options;
    const client = new pg.Client({
      connectionString: password === undefined ? host.url : withPassword(host.url, password),
      connectionTimeoutMillis: this.#limits.connectMs,
      idle_in_transaction_session_timeout: this.#limits.idleInTransactionMs,
      application_name: application,
      keepAlive: true,
      pipeline: true,
      types,
    });
    const connection = new Connection(client, host, log);
    try {
      await client.connect();
      const [settings] = await this.#limited(connection, connection.query<Settings>({ text: SETTINGS }));
      if (settings?.in_recovery) throw new DatabaseAway('it is a standby');
      checkSettings(settings as Settings, isSingleNode);
      const first = connection.query({ text: `${SESSION}; ${FIRST_WRITE}` });
      await this.#limited(connection, first, this.#limits.firstWriteMs).catch((error: unknown) => {
        if (!(error instanceof DatabaseAway)) throw error;
        throw new DatabaseAway(`no standby has confirmed a write for ${this.#limits.firstWriteMs / 1_000} s`);
      });
      if (connection.wasCancelled) throw new DatabaseAway('the wait for the standbys was cancelled');
      this.#origin = (settings as Settings).now - this.#options.clock.monotonic();
      return connection;
    } catch (error) {
      connection.drop();
      throw error instanceof DatabaseRefused ? error : new DatabaseAway((error as Error).message, { cause: error });
    }
  }
}

/** In the address: `pg` takes one that is beside it for empty. */
function withPassword(url: string, password: string): string {
  const address = new URL(url);
  address.password = encodeURIComponent(password);
  return address.href;
}

/** The failure is thrown where all answers are awaited. */
const ignored = (): void => undefined;

const unavailable = (error: Error): StoreUnavailable =>
  new StoreUnavailable(`the database cannot be used now: ${error.message}`, { cause: error });

interface ListenerOptions extends ListenOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Record<keyof typeof DATABASE, number>;
  connect(): Promise<Connection>;
  limited<T>(connection: Connection, answer: Promise<T>): Promise<T>;
}

class DatabaseListener implements Listener {
  #connection: Connection | undefined;
  #timer: Timer | undefined;
  #pause: number;
  #isListening = false;
  #isClosed = false;

  constructor(
    private readonly options: ListenerOptions,
    private readonly onClosed: () => void,
  ) {
    this.#pause = options.limits.retryMs;
  }

  start(): void {
    void this.#connect();
  }

  get isConnected(): boolean {
    return this.#isListening && this.#connection?.isBroken === false;
  }

  async query<R>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]> {
    const connection = this.#connection;
    if (connection === undefined || connection.isBroken) throw new DatabaseAway('the listener is not connected');
    return this.options.limited(connection, connection.query<R>(statement, values));
  }

  reconnect(): void {
    this.#connection?.drop();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#connection?.drop();
    this.onClosed();
  }

  async #connect(): Promise<void> {
    const { log, channels, limits, onConnected, onNotification, connect, limited } = this.options;
    try {
      const connection = await connect();
      if (this.#isClosed) return connection.drop();
      this.#connection = connection;
      connection.client.on('notification', ({ channel, payload = '' }) => onNotification(channel, payload));
      connection.client.on('end', () => this.#again());
      const listening = channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join('; ');
      await limited(connection, connection.query({ text: listening }));
      this.#pause = limits.retryMs;
      this.#ping();
      this.#isListening = true;
      onConnected();
    } catch (error) {
      log.debug('database-listener-lost', { reason: String(error) });
      if (this.#connection?.isBroken === false) this.#connection.drop();
      else this.#again();
    }
  }

  #ping(): void {
    const { clock, limits, limited } = this.options;
    this.#timer?.cancel();
    this.#timer = clock.after(limits.pingMs, () => {
      const connection = this.#connection;
      if (connection === undefined || this.#isClosed) return;
      limited(connection, connection.query({ text: 'SELECT 1' })).then(
        () => this.#ping(),
        () => connection.drop(),
      );
    });
  }

  #again(): void {
    const { clock, limits } = this.options;
    this.#timer?.cancel();
    this.#isListening = false;
    this.#connection = undefined;
    if (this.#isClosed) return;
    this.#timer = clock.after(this.#pause, () => void this.#connect());
    this.#pause = Math.min(this.#pause * 2, limits.maxRetryMs);
  }
}
