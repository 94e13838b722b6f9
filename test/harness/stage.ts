/**
 * A stage: the real server, store and clients in one process, with a fake clock and transports in memory. Servers and clients can
 * restart and crash on it. At the end `finish` checks the invariants of the whole run.
 */

import type { MailboxLimits } from '../../src/file-store/mailbox/mailbox.js';
import { type Log, silentLog } from '../../src/io/log.js';
import { Metrics } from '../../src/server/metrics.js';
import type { RateLimits } from '../../src/server/rates.js';
import { type Server, startServer } from '../../src/server/server.js';
import { type Bus, localBus } from '../../src/server/session-bus.js';
import { type Store, StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { createFakeClock } from './fake-clock.js';
import type { DiskState } from './faulty-disk.js';
import { FaultyStore } from './faulty-store.js';
import { memoryAccounts, tokenOf } from './memory-accounts.js';
import { type Cable, createMemoryNet } from './memory-transport.js';
import { StageBalancer, type StagePort } from './stage-balancer.js';
import { Device } from './stage-device.js';
import { type MakeDisk, memoryDisks } from './stage-disk.js';
import { Ledger } from './stage-ledger.js';
import { listenOnStage } from './stage-listener.js';
import { RawConnection } from './stage-raw-connection.js';
import { fileStores, memoryStores, type StageStores } from './stage-stores.js';

export interface StageOptions {
  /** The kind of store. Everything else is the same. */
  readonly stores: 'memory' | 'files';
  /** How many servers share the store; connections go to them in turn. Default: one. */
  readonly servers?: number;
  /** Makes the disk of each server and client process. Default: in memory. */
  readonly makeDisk?: MakeDisk;
  readonly maxConnections?: number;
  readonly maxSessionsPerUser?: number;
  readonly rateLimits?: RateLimits;
  /** What the server logs to. Default: nowhere. */
  readonly log?: Log;
}

/** A running server, and what it has of its own. */
interface StageServer {
  readonly server: Server;
  readonly store: FaultyStore;
  readonly port: StagePort;
  readonly metrics: Metrics;
}

/** The users of every stage. */
const USERS = ['alice', 'bob', 'carol', 'dave', 'operator'];

export class Stage {
  readonly clock = createFakeClock();
  readonly net = createMemoryNet(this.clock);
  readonly ledger = new Ledger();
  readonly accounts = memoryAccounts(...USERS);
  readonly rawConnections = new Map<string, RawConnection>();
  readonly devices = new Map<string, Device>();
  /** Of the server, or of the one that was started last. */
  metrics = new Metrics();
  /** Tokens that differ from the initial ones. */
  readonly tokens = new Map<string, string>();
  readonly #options: StageOptions & { readonly makeDisk: MakeDisk };
  #disk: DiskState = 'sound';
  #limits: Partial<MailboxLimits> = {};
  readonly #stores: StageStores;
  readonly #balancer = new StageBalancer(this.net);
  /** What the servers share; undefined when none runs. */
  #shared: { readonly store: Store; readonly bus: Bus } | undefined;
  #servers: readonly StageServer[] = [];
  /** Closing crashed servers, which has no effect. */
  readonly #dying: Promise<void>[] = [];

  private constructor(options: StageOptions) {
    const { stores, makeDisk = memoryDisks } = options;
    const ports = { clock: this.clock, limits: () => this.#limits };
    this.#options = { ...options, makeDisk };
    this.#stores = stores === 'memory' ? memoryStores(ports) : fileStores(makeDisk, ports);
  }

  /** Opens a stage with a running server. */
  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    await stage.startServer();
    return stage;
  }

  /** The store of the running server, or of the first. @throws Error when no server runs. */
  get store(): FaultyStore {
    const [first] = this.#servers;
    if (!first) throw new Error('no server runs');
    return first.store;
  }

  get isServing(): boolean {
    return this.#servers.length > 0;
  }

  /** Of all servers. */
  count(what: 'connections' | 'passedOver'): number {
    return this.#servers.reduce((sum, { metrics }) => sum + metrics[what], 0);
  }

  /** Sets the state of the server's disk. A store in memory behaves as it would on such a disk. */
  setDisk(state: DiskState): void {
    this.#disk = state;
    for (const { store } of this.#servers) store.mend();
    const { disk } = this.#stores;
    disk?.become(state);
    for (const { store } of disk ? [] : this.#servers) {
      if (state === 'full') store.fail(new StoreUnavailable('the disk is full'), 'append', 'settle');
      else if (state === 'broken') store.fail(new StoreBroken('the disk failed'), 'append', 'settle');
      else if (state === 'hanging') store.hold('append', 'settle');
    }
  }

  get isDiskSound(): boolean {
    return this.#disk === 'sound';
  }

  /** The device with this name (`bob`, `bob's phone`); created at the first call. */
  device(name: string): Device {
    const known = this.devices.get(name);
    if (known) return known;
    const [user = name] = name.split("'");
    const device = new Device(name, user, {
      clock: this.clock,
      net: this.net,
      ledger: this.ledger,
      tokenOf: (of) => this.tokenOf(of),
      disk: this.#options.makeDisk(name),
    });
    this.devices.set(name, device);
    return device;
  }

  tokenOf(user: string): string {
    return this.tokens.get(user) ?? tokenOf(user);
  }

  /** Opens a raw connection; it replaces an older one with this name in `rawConnections`. */
  async connect(name: string): Promise<RawConnection> {
    const connection = new RawConnection(this.net);
    this.rawConnections.set(name, connection);
    await this.rest();
    return connection;
  }

  // Time.

  /** Waits until nothing is pending: no deferred work, no promise, no file. The clock does not move. */
  async rest(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 3; quietTurns++) {
      await this.clock.settle();
      if (!isWriting() && ![...this.devices.values()].some(({ isOpening }) => isOpening)) continue;
      await someWork();
      quietTurns = 0;
    }
  }

  /** Moves the clock in steps of at most a second, with `rest` after each. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    for (let left = ms; left > 0; left -= 1_000) {
      await this.clock.advance(Math.min(left, 1_000));
      await this.rest();
    }
  }

  /** Moves the clock until the promise settles. @throws Error after a minute. */
  async done<T>(promise: Promise<T>, what: string): Promise<T> {
    let isDone = false;
    const settled = (): void => {
      isDone = true;
    };
    promise.then(settled, settled);
    await this.rest();
    for (let seconds = 0; !isDone; seconds++) {
      if (seconds === 60) throw new Error(`${what} took longer than a minute`);
      await this.pass(1_000);
    }
    return promise;
  }

  // The server.

  /** Starts the server, or as many as are missing. */
  async startServer(): Promise<void> {
    const missing = (this.#options.servers ?? 1) - this.#servers.length;
    if (missing === 0) throw new Error('the server runs already');
    if (!this.#shared) {
      this.#shared = { store: await this.done(this.#stores.open(), 'opening the store'), bus: localBus() };
      this.#disk = 'sound';
    }
    for (let left = missing; left > 0; left--) this.#servers = [...this.#servers, await this.#start(this.#shared)];
  }

  async #start(shared: { readonly store: Store; readonly bus: Bus }): Promise<StageServer> {
    const { log = silentLog, maxConnections, maxSessionsPerUser, rateLimits } = this.#options;
    const store = new FaultyStore(shared.store);
    const port = this.#balancer.open();
    const metrics = new Metrics();
    this.metrics = metrics;
    const server = await startServer({
      store,
      accounts: this.accounts,
      bus: shared.bus,
      clock: this.clock,
      log,
      metrics,
      listen: async (accept) => listenOnStage(port, this.ledger, accept),
      rateLimits,
      ...(maxConnections !== undefined && { maxConnections }),
      ...(maxSessionsPerUser !== undefined && { maxSessionsPerUser }),
    });
    return { server, store, port, metrics };
  }

  /** Stops all servers in an orderly way, as SIGTERM does. */
  async stopServer(): Promise<void> {
    const { servers, store } = this.#takeServers();
    await this.done(Promise.all(servers.map(({ server }) => server.close())), 'closing the server');
    await this.done(this.#stores.close(store), 'closing the store');
  }

  /** Kills all servers. */
  async crashServer(): Promise<void> {
    const { servers, store } = this.#takeServers();
    await this.#crash(servers, () => this.#stores.crash(store));
  }

  /** The number of the server that has this connection; -1: it does not run. */
  serverOf(cable: Cable): number {
    const connection = this.net.cables.indexOf(cable);
    return this.#servers.findIndex(({ port }) => this.#balancer.isAt(port, connection));
  }

  /** Kills the server that has this connection; the others go on. @throws Error if it does not run, or is the last one. */
  async crashServerOf(cable: Cable): Promise<void> {
    const dead = this.#servers[this.serverOf(cable)];
    if (!dead || this.#servers.length === 1) throw new Error('there is no such server, or no other one');
    this.#servers = this.#servers.filter((server) => server !== dead);
    await this.#crash([dead], () => {});
  }

  async #crash(servers: readonly StageServer[], crashStore: () => void): Promise<void> {
    const buryAll = servers.map(({ store }) => store.kill());
    crashStore();
    for (const { port } of servers) {
      port.listen(undefined);
      for (const [connection, cable] of this.net.cables.entries())
        if (!cable.isOver && this.#balancer.isAt(port, connection)) cable.cut();
    }
    await this.rest();
    for (const bury of buryAll) bury();
    this.#dying.push(...servers.map(({ server }) => server.close()));
    await this.rest();
  }

  /** The next server starts with an empty store. @throws Error while a server runs. */
  loseStore(): void {
    if (this.isServing) throw new Error('the server runs');
    this.#stores.lose();
    this.ledger.add({ type: 'store lost' });
  }

  /** Keeps a copy of the store. @throws Error while a server runs. */
  async saveStore(): Promise<void> {
    if (this.isServing) throw new Error('the server runs');
    await this.#stores.save();
  }

  /** The next server starts with that copy. @throws Error while a server runs. */
  restoreStore(): void {
    if (this.isServing) throw new Error('the server runs');
    this.#stores.restore();
    this.ledger.add({ type: 'store lost' });
  }

  /** Restarts the server with other mailbox limits and an empty store: to be called first. */
  async limitMailboxes(limits: Partial<MailboxLimits>): Promise<void> {
    await this.stopServer();
    this.#limits = limits;
    this.#stores.lose();
    await this.startServer();
  }

  /** Closes everything. */
  async end(): Promise<void> {
    for (const { transport } of this.rawConnections.values()) transport.cut();
    for (const device of this.devices.values()) await this.done(device.dispose(), `closing ${device.name}`);
    if (this.isServing) await this.stopServer();
    await this.done(Promise.all([...this.#dying, this.#stores.end()]), 'closing the crashed servers');
  }

  #takeServers(): { servers: readonly StageServer[]; store: Store } {
    const [servers, shared] = [this.#servers, this.#shared];
    if (!shared || servers.length === 0) throw new Error('no server runs');
    this.#servers = [];
    this.#shared = undefined;
    return { servers, store: shared.store };
  }
}

const FILE_WORK = /^(FSReq|CloseReq|FileHandleCloseReq)/;

/** Whether this process has file work pending: real work, which the fake clock does not control. */
const isWriting = (): boolean => process.getActiveResourcesInfo().some((name) => FILE_WORK.test(name));

/** Gives the file work some time, instead of a busy loop. */
const someWork = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
