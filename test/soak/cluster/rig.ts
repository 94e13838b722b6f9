/** What a soak runs on: three nodes of a database, three servers, clients, and the ways in which they fail. Loopback only. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operate } from '../../../src/index.js';
import { systemClock } from '../../../src/io/clock.js';
import { type PostgresCluster, startCluster } from '../../harness/postgres/cluster.js';
import { PROGRAM } from '../../harness/process.js';
import { Balancer } from './balancer.js';
import { Ledger } from './ledger.js';
import { Member } from './member.js';
import { Served } from './served.js';

export interface RigOptions {
  readonly servers: number;
  readonly users: number;
  readonly random: () => number;
  /** Messages per second, of all clients together. */
  readonly rate: number;
  /** SQL in the database of the servers, before they start; for a control. */
  readonly prepare?: (role: string) => string;
  /** Modules that the servers load first; for a control. */
  readonly preload?: readonly string[];
}

/** So few that messages are buried all the time. */
const KEPT = '500';
const TURN_MS = 50;

export class Rig {
  readonly ledger = new Ledger();
  readonly members: Member[] = [];
  servers: readonly Served[] = [];
  balancer: Balancer = new Balancer([], Math.random);
  databaseName = '';
  readonly #ends: (() => Promise<unknown>)[] = [];
  #cluster: PostgresCluster | undefined;
  #traffic: { cancel(): void } | undefined;
  home = '';

  constructor(readonly options: RigOptions) {}

  get cluster(): PostgresCluster {
    if (this.#cluster === undefined) throw new Error('the database has not started');
    return this.#cluster;
  }

  async start(): Promise<void> {
    const { random, users, servers, preload = [], prepare } = this.options;
    this.home = await mkdtemp(join(tmpdir(), 'im-soak-cluster-'));
    this.#ends.push(() => rm(this.home, { recursive: true, force: true, maxRetries: 10 }));
    const cluster = await startCluster({ standbys: 2, proxied: true, settings: { max_connections: 120 } });
    this.#cluster = cluster;
    this.#ends.push(() => cluster.remove());
    const databaseUrls = await cluster.newDatabase();
    this.databaseName = new URL(databaseUrls[0] as string).pathname.slice(1);
    await cluster.primary.query(LOSSY(this.databaseName));
    if (prepare) await cluster.primary.query(prepare('im'));
    this.servers = await Promise.all(
      Array.from({ length: servers }, (_, index) =>
        Served.create({
          name: `server-${index}`,
          home: this.home,
          databaseUrls,
          preload,
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

/** Lets the harness lose notices: the servers find this `pg_notify` first. Nothing is lost as long as `is_on` is false. */
const LOSSY = (database: string): string => `SELECT '${database}'`;
