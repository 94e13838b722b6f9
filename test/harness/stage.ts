/**
 * A stage: the real server, store and clients in one process, with a fake clock and transports in memory. Servers and clients can
 * restart and crash on it. At the end `finish` checks the invariants of the whole run.
 */

import type { MailboxLimits } from '../../src/file-store/mailbox.js';
import { type Log, silentLog } from '../../src/io/log.js';
import { Metrics } from '../../src/server/metrics.js';
import { type Server, startServer } from '../../src/server/server.js';
import { localBus } from '../../src/server/session-bus.js';
import { type Store, StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { createFakeClock } from './fake-clock.js';
import type { DiskState } from './faulty-disk.js';
import { FaultyStore } from './faulty-store.js';
import { memoryAccounts, tokenOf } from './memory-accounts.js';
import { createMemoryNet } from './memory-transport.js';
import { Device } from './stage-device.js';
import { type MakeDisk, memoryDisks } from './stage-disk.js';
import { Ledger } from './stage-ledger.js';
import { listenOnStage } from './stage-listener.js';
import { RawConnection } from './stage-raw-connection.js';
import { fileStores, memoryStores, type StageStores } from './stage-stores.js';

export interface StageOptions {
  /** The kind of store. Everything else is the same. */
  readonly stores: 'memory' | 'files';
  /** Makes the disk of each server and client process. Default: in memory. */
  readonly makeDisk?: MakeDisk;
  readonly maxConnections?: number;
  readonly maxSessionsPerUser?: number;
  /** What the server logs to. Default: nowhere. */
  readonly log?: Log;
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
  metrics = new Metrics();
  /** Tokens that differ from the initial ones. */
  readonly tokens = new Map<string, string>();
  readonly #options: StageOptions & { readonly makeDisk: MakeDisk };
  #disk: DiskState = 'sound';
  #limits: Partial<MailboxLimits> = {};
  readonly #stores: StageStores;
  #store: { readonly inner: Store; readonly faulty: FaultyStore } | undefined;
  #server: Server | undefined;
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

  /** The store of the running server. @throws Error when no server runs. */
  get store(): FaultyStore {
    if (!this.#store) throw new Error('no server runs');
    return this.#store.faulty;
  }

  get isServing(): boolean {
    return this.#server !== undefined;
  }

  /** Sets the state of the server's disk. A store in memory behaves as it would on such a disk. */
  setDisk(state: DiskState): void {
    this.#disk = state;
    this.#store?.faulty.mend();
    if (this.#stores.disk) this.#stores.disk.become(state);
    else if (state === 'full') this.store.fail(new StoreUnavailable('the disk is full'), 'append', 'settle');
    else if (state === 'broken') this.store.fail(new StoreBroken('the disk failed'), 'append', 'settle');
    else if (state === 'hanging') this.store.hold('append', 'settle');
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

  async startServer(): Promise<void> {
    if (this.#server) throw new Error('the server runs already');
    const inner = await this.done(this.#stores.open(), 'opening the store');
    const faulty = new FaultyStore(inner);
    this.metrics = new Metrics();
    this.#disk = 'sound';
    this.#store = { inner, faulty };
    this.#server = await startServer({
      store: faulty,
      accounts: this.accounts,
      bus: localBus(),
      clock: this.clock,
      log: this.#options.log ?? silentLog,
      metrics: this.metrics,
      listen: async (accept) => listenOnStage(this.net, this.ledger, accept),
      ...(this.#options.maxConnections !== undefined && { maxConnections: this.#options.maxConnections }),
      ...(this.#options.maxSessionsPerUser !== undefined && { maxSessionsPerUser: this.#options.maxSessionsPerUser }),
    });
  }

  /** Stops the server in an orderly way, as SIGTERM does. */
  async stopServer(): Promise<void> {
    const { server, store } = this.#takeServer();
    await this.done(server.close(), 'closing the server');
    await this.done(this.#stores.close(store.inner), 'closing the store');
  }

  /** Kills the server. */
  async crashServer(): Promise<void> {
    const { server, store } = this.#takeServer();
    const bury = store.faulty.kill();
    this.#stores.crash(store.inner);
    this.net.listen(undefined);
    for (const cable of this.net.cables) if (!cable.isOver) cable.cut();
    await this.rest();
    bury();
    this.#dying.push(server.close());
    await this.rest();
  }

  /** The next server starts with an empty store. @throws Error while a server runs. */
  loseStore(): void {
    if (this.#server) throw new Error('the server runs');
    this.#stores.lose();
    this.ledger.add({ type: 'store lost' });
  }

  /** Keeps a copy of the store. @throws Error while a server runs. */
  async saveStore(): Promise<void> {
    if (this.#server) throw new Error('the server runs');
    await this.#stores.save();
  }

  /** The next server starts with that copy. @throws Error while a server runs. */
  restoreStore(): void {
    if (this.#server) throw new Error('the server runs');
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
    if (this.#server) await this.stopServer();
    await this.done(Promise.all([...this.#dying, this.#stores.end()]), 'closing the crashed servers');
  }

  #takeServer(): { server: Server; store: { inner: Store; faulty: FaultyStore } } {
    const server = this.#server;
    const store = this.#store;
    if (!server || !store) throw new Error('no server runs');
    this.#server = undefined;
    this.#store = undefined;
    return { server, store };
  }
}

const FILE_WORK = /^(FSReq|CloseReq|FileHandleCloseReq)/;

/** Whether this process has file work pending: real work, which the fake clock does not control. */
const isWriting = (): boolean => process.getActiveResourcesInfo().some((name) => FILE_WORK.test(name));

/** Gives the file work some time, instead of a busy loop. */
const someWork = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
