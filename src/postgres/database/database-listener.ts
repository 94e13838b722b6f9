/** A connection that listens to notices of other servers, and sends some. When it is lost, another one takes its place. */
import type { Clock, Timer } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { DATABASE } from '../limits.js';
import type { Connection, Row, Statement } from './database-connection.js';
import { DatabaseAway } from './database-errors.js';

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

interface ListenerOptions extends ListenOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly limits: Readonly<Record<keyof typeof DATABASE, number>>;
  connect(): Promise<Connection>;
}

export class DatabaseListener implements Listener {
  #connection: Connection | undefined;
  #timer: Timer | undefined;
  #pause: number;
  #isListening = false;
  #isClosed = false;
  /** Why it is away, as the log says already; undefined: it is there. */
  #awayBecause: string | undefined;

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
    return connection.limited(connection.query<R>(statement, values), this.options.limits.answerMs);
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
    const { log, channels, limits, onConnected, onNotification, connect } = this.options;
    try {
      const connection = await connect();
      if (this.#isClosed) return connection.drop();
      this.#connection = connection;
      connection.client.on('notification', ({ channel, payload = '' }) => onNotification(channel, payload));
      connection.client.on('end', () => this.#again());
      await connection.limited(connection.listen(channels), limits.answerMs);
      this.#pause = limits.retryMs;
      this.#ping();
      this.#isListening = true;
      if (this.#awayBecause !== undefined) log.info('database-back');
      this.#awayBecause = undefined;
      onConnected();
    } catch (error) {
      const { message: reason } = error as Error;
      if (reason !== this.#awayBecause) log.warn('database-away', { reason });
      this.#awayBecause = reason;
      if (this.#connection?.isBroken === false) this.#connection.drop();
      else this.#again();
    }
  }

  #ping(): void {
    const { clock, limits } = this.options;
    this.#timer?.cancel();
    this.#timer = clock.after(limits.pingMs, () => {
      const connection = this.#connection;
      if (connection === undefined || this.#isClosed) return;
      connection.limited(connection.query({ text: 'SELECT 1' }), limits.answerMs).then(
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
