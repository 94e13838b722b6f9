/** What a soak runs on: three nodes of a database, three servers, clients, and the ways in which they fail. Loopback only. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operate } from '../../../src/index.js';
import { systemClock } from '../../../src/io/clock.js';
import { type PostgresCluster, startCluster } from '../../harness/postgres/cluster.js';
import { withClient } from '../../harness/postgres/postgres-node.js';
import { PROGRAM } from '../../harness/process.js';
import { pause } from '../scoped.js';
import { Balancer } from './balancer.js';
import type { Dice } from './dice.js';
import { Ledger } from './ledger.js';
import { Member } from './member.js';
import { Served } from './served.js';
import { type TimeName, Times } from './times.js';

export interface RigOptions {
  readonly servers: number;
  readonly users: number;
  readonly random: () => number;
  /** Messages per second, of all clients together. */
  readonly rate: number;
  /** SQL in the database of the servers, before there is traffic; for a control. */
  readonly prepare?: string;
  /** A program other than `im`; for a control. */
  readonly program?: string;
}

/** So few that messages are buried all the time. */
const KEPT = '500';
const TURN_MS = 50;
/** A fault that is healed is overcome by then. */
const RECOVERY_MS = 60_000;
const POLL_MS = 10;
const NO_PRIMARY_MS = 200;

export class Rig {
  readonly ledger = new Ledger();
  readonly times = new Times();
  readonly members: Member[] = [];
  servers: readonly Served[] = [];
  balancer: Balancer = new Balancer([], Math.random);
  databaseName = '';
  readonly #ends: (() => Promise<unknown>)[] = [];
  #cluster: PostgresCluster | undefined;
  /** Measurements in progress. */
  readonly #background: Promise<void>[] = [];
  #traffic: { cancel(): void } | undefined;
  /** The state of the clients and the logs of the servers. */
  home = '';
  /** Whether a fault of the database is going on. */
  isDatabaseFailing = false;
  /** Whether `home` stays. */
  keepsLogs = false;

  constructor(readonly options: RigOptions) {}

  get cluster(): PostgresCluster {
    if (this.#cluster === undefined) throw new Error('the database has not started');
    return this.#cluster;
  }

  async start(): Promise<void> {
    const { random, users, servers, program = PROGRAM, prepare } = this.options;
    this.home = await mkdtemp(join(tmpdir(), 'im-soak-cluster-'));
    this.#ends.push(async () => {
      if (!this.keepsLogs) await rm(this.home, { recursive: true, force: true, maxRetries: 10 });
    });
    const cluster = await startCluster({ standbys: 2, proxied: true, settings: { max_connections: 120 } });
    this.#cluster = cluster;
    this.#ends.push(() => cluster.remove());
    const databaseUrls = await cluster.newDatabase();
    this.databaseName = new URL(databaseUrls[0] as string).pathname.slice(1);
    await this.query(`${LOSSY}; ALTER DATABASE ${this.databaseName} SET search_path = public, lossy, pg_catalog`);
    this.servers = await Promise.all(
      Array.from({ length: servers }, (_, index) =>
        Served.create({
          name: `server-${index}`,
          home: this.home,
          databaseUrls,
          program,
          flags: ['--log-level', 'info', '--keep-delivered', KEPT],
        }),
      ),
    );
    for (const server of this.servers) this.#ends.push(() => server.close());
    await this.servers[0]?.start();
    await Promise.all(this.servers.slice(1).map((server) => server.start()));
    this.balancer = new Balancer(
      this.servers.map(({ clients }) => clients.port),
      random,
    );
    const names = Array.from({ length: users }, (_, index) => `u${index}`);
    const tokens = await this.#addUsers(names);
    if (prepare !== undefined) await this.query(prepare);
    for (const [index, user] of names.entries()) {
      const peers = [1, 2, 3].map((offset) => names[(index + offset) % users] as string);
      const member = (mode: 'chat' | 'send', isKept: boolean): void => {
        const name = `${user}${mode[0]}`;
        const { ledger, balancer } = this;
        const stateFolder = isKept ? join(this.home, name) : undefined;
        const token = tokens.get(user) as string;
        this.members.push(new Member({ name, user, token, mode, stateFolder, peers, ledger, balancer, random }));
      };
      member('chat', index % 2 === 0);
      if (index % 2 === 1) member('send', index % 4 === 1);
    }
    for (const member of this.members) member.start();
    this.#ends.push(() => Promise.all(this.members.map((member) => member.close())));
  }

  startTraffic(): void {
    const perTurn = (this.options.rate * TURN_MS) / 1_000 / this.members.length;
    let owed = 0;
    this.#traffic = systemClock.every(TURN_MS, () => {
      owed += perTurn;
      const count = Math.floor(owed);
      owed -= count;
      for (const member of this.members) member.send(count);
    });
    this.#ends.push(async () => this.stopTraffic());
  }

  clientsOf(server: Served): readonly Member[] {
    const index = this.servers.indexOf(server);
    return this.members.filter((member) => member.isOnline && member.server === index);
  }

  /** Notes how long it takes, from now on, until all of these clients are online again. */
  async backAgain(what: TimeName, members: readonly Member[]): Promise<void> {
    const from = systemClock.monotonic();
    const isBack = await this.within(RECOVERY_MS, () =>
      members.every((member) => member.isOnline && member.onlineSince >= from),
    );
    if (isBack && members.length > 0) this.times.note(what, systemClock.monotonic() - from);
  }

  /** A standby has become the primary, and the others follow it. */
  notePromotion(): void {
    const from = systemClock.monotonic();
    const isStored = async (what: TimeName, holds: () => boolean): Promise<void> => {
      if (await this.within(RECOVERY_MS, holds)) this.times.note(what, systemClock.monotonic() - from);
    };
    const hasStored = (member: Member): boolean => member.storedAt >= from;
    const waiting = [
      isStored('first `stored` after promotion', () => this.members.some(hasStored)),
      isStored('`stored` for all senders after promotion', () => this.members.every(hasStored)),
    ];
    this.#background.push(...waiting);
  }

  /** Moves one of the sessions that can move, by chance. */
  async move(dice: Dice, what: () => TimeName): Promise<void> {
    const movable = this.members.filter((member) => member.isMovable && !member.isMoving);
    if (movable.length === 0) return;
    const member = dice.pick(movable);
    const ms = await member.move();
    if (ms !== undefined) this.times.note(what(), ms);
  }

  /** Each client is online, and has sent something that was acknowledged since then; within a time. */
  isHealthy(since: number): Promise<boolean> {
    return this.within(RECOVERY_MS, () => this.members.every((member) => member.isOnline && member.storedAt > since));
  }

  /** Those that keep `isHealthy` waiting. */
  unhealthy(since: number): string {
    const late = this.members.filter((member) => !member.isOnline || member.storedAt <= since);
    return late
      .map(({ options, isOnline, server, isWaiting }) => {
        const state = isOnline ? `online at ${server}` : `offline, last at ${server}`;
        return `${options.name} ${state}${isWaiting ? ', waits for an answer' : ''}`;
      })
      .join('; ');
  }

  /** How many servers ended by themselves. */
  get deaths(): number {
    return this.servers.reduce((sum, { deaths }) => sum + deaths, 0);
  }

  get contests(): number {
    return this.members.reduce((sum, { contests }) => sum + contests, 0);
  }

  async within(ms: number, holds: () => boolean): Promise<boolean> {
    const deadline = systemClock.monotonic() + ms;
    while (!holds()) {
      if (systemClock.monotonic() > deadline) return false;
      await pause(POLL_MS);
    }
    return true;
  }

  /** As a superuser in the database of the servers, without waiting for standbys. While there is no primary, it waits for one. */
  async query(sql: string): Promise<void> {
    const deadline = systemClock.monotonic() + RECOVERY_MS;
    for (;;) {
      const url = new URL(this.cluster.primary.url);
      url.pathname = this.databaseName;
      try {
        await withClient(url.href, (client) => client.query(`SET synchronous_commit = local; ${sql}`));
        return;
      } catch (error) {
        if (systemClock.monotonic() > deadline) throw error;
        await pause(NO_PRIMARY_MS);
      }
    }
  }

  async loseNotices(isOn: boolean): Promise<void> {
    await this.query(`UPDATE lossy.switch SET is_on = ${isOn}`);
  }

  stopTraffic(): void {
    this.#traffic?.cancel();
  }

  /** Ends and removes everything, the newest first. */
  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }

  async #addUsers(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const [server] = this.servers as [Served];
    const child = spawn(process.execPath, [PROGRAM, 'database', 'operator'], {
      env: { PATH: process.env.PATH ?? '', HOME: this.home, IM_DATABASE_URL: server.databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const token = (await child.stdout.setEncoding('utf8').toArray()).join('').trim();
    const operator = operate({ url: `ws://127.0.0.1:${server.clients.port}`, user: 'operator', token });
    const added = await operator.accounts({ action: 'add', users: names });
    await operator.close();
    return new Map(added.map(({ user, token: issued }) => [user, issued as string]));
  }
}

/** Lets the soak lose notices: the servers find this `pg_notify` first. */
const LOSSY = `
  CREATE SCHEMA lossy;
  CREATE TABLE lossy.switch (is_on boolean);
  INSERT INTO lossy.switch VALUES (false);
  CREATE FUNCTION lossy.pg_notify(channel text, payload text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT (SELECT is_on FROM lossy.switch) THEN PERFORM pg_catalog.pg_notify(channel, payload); END IF;
    END $$;
  GRANT USAGE ON SCHEMA lossy TO im;
  GRANT SELECT ON lossy.switch TO im`;
