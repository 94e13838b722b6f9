/**
 * A real PostgreSQL cluster for tests: a primary whose commits wait for one of its standbys, and a promoter that loses no commit.
 * Each node can be killed, frozen and started by itself; with `proxied`, each standby follows through a proxy with faults.
 */
import { randomUUID } from 'node:crypto';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.js';
import { copyData } from './base-copy.js';
import type { Binaries } from './binaries.js';
import { makePlace, type Place, PostgresNode, type Settings, until } from './postgres-node.js';

export interface ClusterOptions {
  /** Default 2. */
  readonly standbys?: number;
  /** Of all nodes. */
  readonly settings?: Settings;
  /** Whether standbys follow through a proxy each: `link`. Default: no. */
  readonly proxied?: boolean;
  /** Default: those that `findBinaries` finds. */
  readonly binaries?: Binaries;
}

export interface PromoteOptions {
  /**
   * What happens to the old primary. `kill` (the default): SIGKILL, unless it is stopped. `leave`: it goes on without standbys, as
   * at the far side of a network split; its commits wait for ever.
   */
  readonly old?: 'kill' | 'leave';
}

/** The names of nodes, in their order. */
const NAMES = 'abcdefgh';

/** All nodes run, and all standbys follow, when it resolves. */
export async function startCluster(options: ClusterOptions = {}): Promise<PostgresCluster> {
  const place = await makePlace(options.binaries);
  const cluster = new PostgresCluster(place, options);
  try {
    await cluster.initialize();
    return cluster;
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

export class PostgresCluster {
  /** In a fixed order; `a` is the first primary. */
  readonly nodes: readonly PostgresNode[];
  readonly #place: Place;
  readonly #isProxied: boolean;
  readonly #links = new Map<PostgresNode, TcpProxy>();
  /** Those that were made to follow the primary. Only they can have let a commit of it go on. */
  readonly #standbys = new Set<PostgresNode>();
  #primary: PostgresNode;
  #databases = 0;

  constructor(place: Place, { standbys = 2, settings = {}, proxied = false }: ClusterOptions) {
    this.#place = place;
    this.#isProxied = proxied;
    const names = [...NAMES.slice(0, standbys + 1)];
    this.nodes = names.map((name) => {
      // From the beginning, so that there is no moment after a promotion in which commits would not wait.
      const others = names.filter((other) => other !== name).join(', ');
      return new PostgresNode(place, name, { synchronous_standby_names: `ANY 1 (${others})`, ...settings });
    });
    this.#primary = this.nodes[0] as PostgresNode;
  }

  get primary(): PostgresNode {
    return this.#primary;
  }

  /** Those that follow the primary, or would if they were not stopped, frozen or cut off. */
  get standbys(): readonly PostgresNode[] {
    return this.nodes.filter((node) => this.#standbys.has(node));
  }

  /** The link through which a node follows the primary, whoever that is. @throws Error when the cluster is not `proxied`. */
  link(node: PostgresNode): TcpProxy {
    const link = this.#links.get(node);
    if (link === undefined) throw new Error(`${node.name} has no link: start the cluster with proxied: true`);
    return link;
  }

  async initialize(): Promise<void> {
    await this.#primary.initialize();
    if (this.#isProxied) {
      for (const node of this.nodes) this.#links.set(node, await startTcpProxy(this.#primary.port));
    }
    await this.#attach(this.nodes.filter((node) => node !== this.#primary));
  }

  /** An empty database for one test. Returns its URLs, for the role of `im`: one for each node, in their order. */
  async newDatabase(): Promise<string[]> {
    const name = `cluster_test_${++this.#databases}`;
    await this.#primary.query(`CREATE DATABASE ${name} OWNER im`);
    return this.nodes.map((node) => node.urlOf(name));
  }

  /**
   * Makes the most advanced standby the primary, and the others follow it. No commit that was acknowledged is lost: all standbys
   * must run, because one alone may be the only one that has a commit. The old primary comes back with `rejoin`.
   * Resolves when they follow, so that commits are acknowledged again; links must have no faults for that.
   */
  async promote({ old = 'kill' }: PromoteOptions = {}): Promise<PostgresNode> {
    const standbys = this.standbys;
    if (standbys.length === 0) throw new Error('no node follows the primary: nothing can be promoted');
    for (const { name, state } of standbys) {
      if (state !== 'running') throw new Error(`${name} is ${state}: it may be the only one that has a commit`);
    }
    if (old === 'kill' && this.#primary.state !== 'stopped') await this.#primary.kill();
    // First nobody follows the old primary, or it could still acknowledge what the new one does not have.
    await Promise.all(standbys.map(cutOff));
    const ends = await Promise.all(standbys.map(endOfJournal));
    const furthest = ends.reduce((best, end, index) => (end > (ends[best] as bigint) ? index : best), 0);
    const promoted = standbys[furthest] as PostgresNode;
    await promoted.query('SELECT pg_promote()');
    this.#primary = promoted;
    this.#standbys.delete(promoted);
    for (const link of this.#links.values()) {
      link.retarget(promoted.port);
      link.reset();
    }
    await Promise.all(this.standbys.map((node) => this.#follow(node)));
    return promoted;
  }

  /** Makes a node follow the primary again, with a new copy of its data: an old primary, or one whose data was lost. */
  async rejoin(node: PostgresNode): Promise<void> {
    if (node === this.#primary) throw new Error(`${node.name} is the primary`);
    await node.kill();
    await node.removeData();
    this.#standbys.delete(node);
    await this.#attach([node]);
  }

  async #attach(nodes: readonly PostgresNode[]): Promise<void> {
    const { url, dataFolder } = this.#primary;
    for (const node of nodes) await node.makeFolder();
    const to = nodes.map((node) => node.dataFolder);
    await copyData({ url, from: dataFolder, to, account: this.#place.account });
    await Promise.all(
      nodes.map(async (node) => {
        await node.configure({ primary_conninfo: this.#connectionInfo(node) });
        // Before it starts: from then on a commit may rely on it.
        this.#standbys.add(node);
        await node.start();
        await this.#isFollowed(node);
      }),
    );
  }

  async #follow(node: PostgresNode): Promise<void> {
    await node.configure({ primary_conninfo: this.#connectionInfo(node) });
    await this.#isFollowed(node);
  }

  #connectionInfo(node: PostgresNode): string {
    return this.#primary.connectionInfo(node.name, this.#links.get(node)?.port);
  }

  #isFollowed(node: PostgresNode): Promise<void> {
    const { name } = node;
    return until(`${name} follows ${this.#primary.name}`, async () => {
      const sql = "SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'";
      return (await this.#primary.query(sql, [name])).length > 0;
    });
  }

  /** Ends all nodes, and removes their folder. */
  async remove(): Promise<void> {
    for (const link of this.#links.values()) link.close();
    await this.#place.remove();
  }
}

/** Ends the stream from the primary. */
async function cutOff(standby: PostgresNode): Promise<void> {
  await standby.configure({ primary_conninfo: '' });
  await until(`${standby.name} is cut off`, async () => {
    return (await standby.query('SELECT FROM pg_stat_wal_receiver')).length === 0;
  });
}

/** How far the journal of a standby that is cut off goes, in bytes. */
async function endOfJournal(standby: PostgresNode): Promise<bigint> {
  // It writes such a line each time when it has looked everywhere for more. Between two of them it has replayed all that it got.
  const mark = `cut off ${randomUUID()}`;
  await standby.query(`DO $$ BEGIN RAISE LOG '${mark}'; END $$`);
  await standby.logged(/waiting for WAL to become available/, { after: mark, times: 2 });
  const [row] = await standby.query<{ end: string }>(`SELECT pg_last_wal_replay_lsn() - '0/0' AS "end"`);
  return BigInt(row?.end ?? 0);
}
