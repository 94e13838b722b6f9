/**
 * The Bus port on LISTEN and NOTIFY. Each server listens on a channel of its own. What is published is delivered here at once,
 * and gathered for the others for some milliseconds, in statements of their own: NOTIFY takes a lock of the whole database
 * cluster until its transaction ends, so it must not be part of one that waits for standbys.
 *
 * A nudge goes to the servers where the user has chat sessions, as the store saw them under the lock of the mailbox: a user who is
 * away costs nothing. Every other notice goes to all servers. They are few, and a name that has no session there costs them about
 * a microsecond, while a query for the places of a user would cost the database ten times that.
 */
import type { Clock, Timer } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { Bus, BusListener, ListedSession, Notice } from '../../server/session-bus.js';
import type { Database, Listener } from '../database/database.js';
import { sqlStateOf } from '../database/database-errors.js';
import { BUS, LEASE } from '../limits.js';
import { type BusItem, channelOf, decodePayload, encodeItem, isServerId } from './bus-items.js';
import { OutgoingNotices } from './outgoing-notices.js';
import type { Servers } from './servers.js';

interface PostgresBusOptions {
  readonly database: Database;
  readonly servers: Servers;
  readonly clock: Clock;
  readonly log: Log;
  /** Tokens of this user were revoked on another server. */
  readonly revoked: (user: string, generations: readonly number[]) => void;
  /** Notices may have been lost: the sessions of this server are to be compared with the database. */
  readonly missed: () => void;
}

interface Ask {
  readonly waiting: Set<string>;
  readonly rooms: number[];
  readonly done: () => void;
}

/** Of the database server: no two are the same. */
const STARTED = { text: 'SELECT pg_postmaster_start_time()::text AS since' };

/** Those with a chat session on a server that lives. */
const ONLINE = {
  name: 'online',
  text: `
    SELECT mailbox.name FROM mailbox
    WHERE mailbox.name = ANY($1) AND EXISTS (
      SELECT FROM device JOIN server ON server.id = device.server
      WHERE device.mailbox = mailbox.no AND device.is_open AND server.lease_until > clock_timestamp()
    )`,
};

/** Doing these twice would be seen. */
const ONCE: ReadonlySet<BusItem['type']> = new Set(['replay', 'redeliver', 'ask', 'answer', 'repeat']);

export class PostgresBus implements Bus {
  readonly #options: PostgresBusOptions;
  readonly #outgoing: OutgoingNotices;
  #listener: Listener | undefined;
  readonly #listeners: BusListener[] = [];
  /** The servers of users who were sent something and are to be nudged next. */
  readonly #places = new Map<string, readonly string[]>();
  readonly #asks = new Map<number, Ask>();
  #lastAsk = 0;
  #renewing: Promise<void> | undefined;
  #renewTimer: Timer | undefined;
  /** A connection listens since the last renewal. */
  #hasBegun = false;
  /** Until there is a lease. */
  #opening: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    this.#outgoing = new OutgoingNotices(options.clock, () => this.#listener);
  }

  /** Listens, and takes the lease of this server. Resolves when it has both. @throws what the database answers instead. */
  async open(): Promise<void> {
    const { database, servers, clock } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#listener = database.listen({
        channels: [channelOf(servers.self.id)],
        onNotification: (_, payload) => this.#received(payload),
        onConnected: () => this.#listening(),
      });
    });
    this.#renewTimer = clock.every(LEASE.renewEveryMs, () => this.#renew());
  }

  subscribe(listener: BusListener): void {
    this.#listeners.push(listener);
  }

  /** To the sessions of this server. */
  deliver(user: string, notice: Notice): void {
    for (const listener of this.#listeners) listener.notice(user, notice);
  }

  /** Of this server. */
  sessions(): readonly ListedSession[] {
    return this.#listeners.flatMap((listener) => listener.sessions());
  }

  publish(user: string, notice: Notice): void {
    this.deliver(user, notice);
    if (notice.type === 'revoked') return; // The accounts of each server find that out: `tellRevoked`.
    const places = notice.type === 'nudge' ? this.#places.get(user) : undefined;
    if (places !== undefined) this.#places.delete(user);
    this.#send({ ...notice, user }, places);
  }

  /** Tells the other servers that these tokens are no longer valid. */
  tellRevoked(user: string, generations: readonly number[]): void {
    if (generations.length > 0) this.#send({ type: 'revoked', user, generations });
  }

  /**
   * On which servers the user has chat sessions: there the next nudge goes. To be asked in a statement after the one that waited for
   * the lock of the mailbox; that one still sees what was there before a claim which it waited for.
   */
  notePlaces(user: string, servers: readonly string[]): void {
    if (this.#places.size >= BUS.maxPlaces) this.#places.clear(); // Then nudges go everywhere.
    this.#places.set(user, servers);
  }

  async online(users: readonly string[]): Promise<ReadonlySet<string>> {
    if (users.length === 0) return new Set();
    const rows = await this.#options.database.query<{ name: string }>(ONLINE, [users]);
    const online = new Set(rows.map(({ name }) => name));
    for (const user of users) if (this.#localRooms(user).length > 0) online.add(user);
    return online;
  }

  async replayRoom(user: string): Promise<number | undefined> {
    const rooms = [...this.#localRooms(user), ...(await this.#askOthers(user))];
    return rooms.length === 0 ? undefined : Math.min(...rooms);
  }

  /**
   * Makes a new connection if this one leads to another server than the queries do: after a failover, the old primary may go on
   * for some time. @throws StoreUnavailable.
   */
  async checkPrimary(): Promise<void> {
    const { database, log } = this.#options;
    const listener = this.#listener;
    if (!listener?.isConnected) return;
    const [[there], [here]] = await Promise.all([
      database.query<{ since: string }>(STARTED),
      listener.query<{ since: string }>(STARTED).catch(() => []),
    ]);
    if (here === undefined || here.since === there?.since) return;
    log.warn('bus was connected to another server');
    listener.reconnect();
  }

  /** Sends what waits, and gives up the lease. Waits for nothing without a connection. */
  async close(): Promise<void> {
    this.#renewTimer?.cancel();
    for (const { done } of this.#asks.values()) done();
    const listener = this.#listener;
    try {
      await this.#renewing;
      await this.#outgoing.flushAll();
      if (listener?.isConnected) await this.#options.servers.remove((...args) => listener.query(...args));
    } catch {
      // Its lease expires.
    }
    listener?.close();
  }

  #localRooms(user: string): readonly number[] {
    return this.#listeners.map((listener) => listener.replayRoom(user)).filter((room) => room !== undefined);
  }

  async #askOthers(user: string): Promise<readonly number[]> {
    const { servers, clock } = this.#options;
    if (servers.others.length === 0) return [];
    const ask = ++this.#lastAsk;
    const rooms: number[] = [];
    await new Promise<void>((resolve) => {
      const timer = clock.after(BUS.answerMs, resolve);
      const done = (): void => {
        timer.cancel();
        resolve();
      };
      this.#asks.set(ask, { waiting: new Set(servers.others.map(({ id }) => id)), rooms, done });
      this.#send({ type: 'ask', ask, server: servers.self.id, user });
    });
    this.#asks.delete(ask);
    return rooms;
  }

  // To other servers.

  /** @param to servers; default: all others that are known. One that has just begun says so to all. */
  #send(item: BusItem, to?: readonly string[]): void {
    const { self, others } = this.#options.servers;
    const targets = to?.filter((id) => id !== self.id && isServerId(id)) ?? others.map(({ id }) => id);
    if (targets.length === 0) return;
    this.#outgoing.add(encodeItem(item), targets, { isKept: !ONCE.has(item.type) });
  }

  // From other servers.

  #received(payload: string): void {
    for (const item of decodePayload(payload)) this.#receivedItem(item);
  }

  #receivedItem(item: BusItem): void {
    switch (item.type) {
      case 'revoked':
        this.#options.revoked(item.user, item.generations);
        break;
      case 'ask': {
        const room = this.#localRooms(item.user)[0];
        const server = this.#options.servers.self.id;
        this.#send({ type: 'answer', ask: item.ask, server, ...(room !== undefined && { room }) }, [item.server]);
        break;
      }
      case 'answer': {
        const ask = this.#asks.get(item.ask);
        if (!ask?.waiting.delete(item.server)) break;
        if (item.room !== undefined) ask.rooms.push(item.room);
        if (ask.waiting.size === 0) ask.done();
        break;
      }
      case 'repeat':
        if (!this.#options.servers.others.some(({ id }) => id === item.server)) this.#renew();
        this.#outgoing.repeat(item.server);
        break;
      default: {
        const { user, ...notice } = item;
        this.deliver(user, notice);
      }
    }
  }

  #listening(): void {
    this.#hasBegun = true;
    this.#renew();
  }

  #renew(): void {
    const listener = this.#listener;
    if (this.#renewing !== undefined || !listener?.isConnected) return;
    const { servers, log, missed } = this.#options;
    this.#renewing = servers
      .renew((...args) => listener.query(...args))
      .then(
        ({ expired, wasExpired }) => {
          this.#renewing = undefined;
          const isFirst = this.#opening !== undefined;
          const mayHaveMissed = wasExpired || (this.#hasBegun && !isFirst);
          // Those who do not know this server yet learn of it; the others tell again what it missed.
          if (this.#hasBegun || wasExpired) this.#send({ type: 'repeat', server: servers.self.id });
          if (mayHaveMissed || expired.length > 0) missed();
          if (this.#hasBegun && !isFirst) {
            log.info('bus connected again');
            // What was being sent when the connection was lost may not have arrived.
            for (const { id } of servers.others) this.#outgoing.repeat(id);
          }
          this.#hasBegun = false;
          if (expired.length > 0) log.warn('servers gone', { servers: expired.join(' ') });
          this.#opening?.resolve();
          this.#opening = undefined;
          this.#outgoing.flushSoon();
        },
        (error: unknown) => {
          this.#renewing = undefined; // A later one succeeds; but not if the database has refused the first.
          if (sqlStateOf(error) !== undefined && listener.isConnected) this.#opening?.reject(error);
        },
      );
  }
}
