/**
 * Connections to PostgreSQL, and the transactions on them: which connection is free, whether the settings of the database are right,
 * and what became of a transaction.
 */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { OutcomeUnknown, StoreUnavailable } from '../../store/store.js';
import { DATABASE } from '../limits.js';
import { type Connection, type Row, type Statement, WAITING_WRITE } from './database-connection.js';
import { DatabaseAway, DatabaseRefused, isPassing } from './database-errors.js';
import { hostsOf } from './database-hosts.js';
import { DatabaseListener, type Listener, type ListenOptions } from './database-listener.js';
import { checkSettings, SETTINGS, type Settings } from './database-settings.js';
import { Primary } from './primary.js';
import { within } from './within.js';

export type { Listener, ListenOptions, Row, Statement };

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

/**
 * Statements may be sent without waiting for the ones before: they arrive together. Each runs after the one before it. The first
 * that fails makes all later ones fail.
 */
export interface Transaction {
  /** Where it runs: as that of `read`. */
  readonly server: string;
  /** Rows with numbers for bigint, and Buffers for bytea. */
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<readonly R[]>;
  /** As `query`, without a result. Sent together with the commit, if the run waits for nothing after it. */
  write(statement: Statement, values?: readonly unknown[]): void;
}

/** Refuses a transaction in a database that is not the expected one, by what `text` selects; one row. */
export interface Expectation<R = Row> {
  readonly statement: Statement;
  /** @throws DatabaseRefused. */
  check(row: R | undefined): void;
}

interface Waiting {
  resolve(connection: Connection): void;
  reject(error: Error): void;
}

export class Database {
  readonly #options: DatabaseOptions;
  readonly #primary: Primary;
  readonly #limits: Record<keyof typeof DATABASE, number>;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Set<DatabaseListener>();
  #isOpening = false;
  /** The one that has confirmed a write last. There may be an older primary, which does not know that it is none any more. */
  #server: string | undefined;
  #expectation: Expectation | undefined;
  /** The database's time when the clock's monotonic time was 0, at most; ms since 1970. */
  #origin: number | undefined;
  /** Why it was refused last. */
  #refusal: string | undefined;
  #closed = false;

  /** Connects to nothing yet. @throws DatabaseRefused for an address that is none. */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#limits = { ...DATABASE, ...options.limits };
    this.#primary = new Primary(
      hostsOf(options.url),
      { ...options, limits: this.#limits },
      {
        found: ({ connection, now }) => {
          this.#found(connection.server);
          this.#origin = now - options.clock.monotonic();
        },
        spare: (connection) => this.#release(connection),
      },
    );
  }

  /** The hosts, for people. */
  get where(): string {
    return this.#primary.where;
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
    this.#release(await this.#primary.connect());
  }

  /**
   * Runs statements and commits. `run` is repeated, when nothing was committed, as long as that may help: so it changes nothing
   * but the database. What it throws itself rolls back, and is thrown.
   * @param waitMs for how long a connection is looked for.
   * @throws StoreUnavailable when nothing was committed. @throws OutcomeUnknown when nobody knows whether it was.
   */
  async transaction<T>(run: (transaction: Transaction) => Promise<T>, waitMs = this.#limits.waitMs): Promise<T> {
    const deadline = this.#options.clock.monotonic() + waitMs;
    return this.#retried(deadline, () => this.#transaction(run, deadline));
  }

  /**
   * Commits a write that waits for the standbys and changes no table: what was visible before it is on them, too. Resolves with the
   * server where it is so. @throws as `transaction`.
   */
  waitForStandbys(): Promise<string> {
    return this.transaction(async (transaction) => {
      transaction.write({ name: 'waiting-write', text: WAITING_WRITE });
      return transaction.server;
    });
  }

  /** Reads, outside of a transaction. @throws StoreUnavailable. */
  async query<R = Row>(statement: Statement, values: readonly unknown[] = []): Promise<readonly R[]> {
    return (await this.read<R>(statement, values)).rows;
  }

  /** As `query`; also tells which server of the database has answered: each run of each has a name of its own. */
  async read<R = Row>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<{ readonly rows: readonly R[]; readonly server: string }> {
    const deadline = this.#options.clock.monotonic() + this.#limits.waitMs;
    return this.#retried(deadline, async () => {
      const connection = await this.#acquire(deadline);
      try {
        const rows = await connection.limited(connection.query<R>(statement, values), this.#limits.waitMs);
        return { rows, server: connection.server };
      } catch (error) {
        throw connection.isBroken ? new DatabaseAway((error as Error).message, { cause: error }) : error;
      } finally {
        this.#release(connection);
      }
    });
  }

  /** Tries again as long as that may help. @throws StoreUnavailable when the deadline has passed. */
  async #retried<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    for (let pause = this.#limits.retryMs; ; pause = Math.min(pause * 2, this.#limits.maxRetryMs)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof DatabaseAway || isPassing(error))) throw error;
        if (this.#closed || clock.monotonic() + pause > deadline) throw unavailable(error as Error);
        await new Promise<void>((resolve) => clock.after(pause * (0.5 + Math.random() / 2), resolve));
      }
    }
  }

  /** Listens on a connection of its own, and connects again for ever. Notices are sent on it, too, without waiting for disks. */
  listen(options: ListenOptions): Listener {
    const connect = async (): Promise<Connection> => {
      const connection = await this.#primary.connect();
      await connection.limited(connection.query({ text: 'SET synchronous_commit = off' }), this.#limits.answerMs);
      return connection;
    };
    const { clock, log } = this.#options;
    const listener = new DatabaseListener({ ...options, clock, log, limits: this.#limits, connect }, () =>
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
    this.#primary.giveUp();
    // A host that does not answer any more is not waited for.
    const ended = this.#idle.splice(0).map((idle) => idle.limited(idle.client.end(), this.#limits.connectMs));
    await Promise.allSettled(ended);
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
      const result = await run({
        server: connection.server,
        query: send,
        write: (statement, values) => void send(statement, values),
      });
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
      return await connection.limited(work(), this.#limits.answerMs);
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
      await connection.limited(connection.query({ text: 'ROLLBACK' }), this.#limits.answerMs);
    } catch {
      connection.drop();
    }
  }

  /** The first connection that is free, or new. */
  async #acquire(deadline: number): Promise<Connection> {
    if (this.#closed) throw new DatabaseAway('the database is closed');
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isBroken) continue;
      this.#busy.add(connection);
      return connection;
    }
    let waiting: Waiting | undefined;
    const acquired = new Promise<Connection>((resolve, reject) => {
      waiting = { resolve, reject };
      this.#waiting.push(waiting);
    });
    this.#grow();
    return within(this.#options.clock, acquired, deadline, () => {
      this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter((one) => one !== waiting));
      return new DatabaseAway('all connections are in use');
    });
  }

  /** Opens another connection if somebody waits for one, and there may be more. */
  #grow(): void {
    if (this.#isOpening || this.#waiting.length === 0 || this.#busy.size >= this.#limits.maxConnections) return;
    this.#isOpening = true;
    this.#primary.connect().then(
      (connection) => {
        this.#isOpening = false;
        this.#release(connection);
        this.#grow();
      },
      (error: Error) => {
        this.#isOpening = false;
        if (error instanceof DatabaseRefused) this.#refused(error);
        if (this.#busy.size > 0) return; // One of those will be free.
        const away = error instanceof DatabaseAway ? error : new DatabaseAway(error.message, { cause: error });
        for (const { reject } of this.#waiting.splice(0)) reject(away);
      },
    );
  }

  /** A server has confirmed a write: what leads to another one is not used again. */
  #found(server: string): void {
    if (server === this.#server) return;
    this.#server = server;
    for (const connection of this.#idle.splice(0)) connection.drop();
  }

  #release(connection: Connection): void {
    this.#busy.delete(connection);
    if (this.#closed || connection.server !== this.#server) connection.drop();
    if (connection.isBroken) {
      this.#grow();
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else {
      this.#busy.add(connection);
      next.resolve(connection);
    }
  }
}

/** The failure is thrown where all answers are awaited. */
const ignored = (): void => undefined;

const unavailable = (error: Error): StoreUnavailable =>
  new StoreUnavailable(`the database cannot be used now: ${error.message}`, { cause: error });
