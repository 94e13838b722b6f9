/**
 * A stage: the real server, store and clients, on a fake clock and wires in memory. Servers restart and crash on it, and
 * when everything is over it asks the oracles whether all was as it must be.
 */

import type { MailboxLimits } from '../../src/file-store/mailbox.js';
import { silentLog } from '../../src/io/log.js';
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
import { Hand } from './stage-hand.js';
import { Ledger } from './stage-ledger.js';
import { listenOnStage } from './stage-listener.js';
import { fileStores, memoryStores, type StageStores } from './stage-stores.js';

export interface StageOptions {
  /** Where the mailboxes are. Everything else is the same. */
  readonly stores: 'memory' | 'files';
  /** What servers and clients write to; each process has a disk of its own. Default: in memory. */
  readonly makeDisk?: MakeDisk;
  readonly maxConnections?: number;
}

/** Who lives on every stage. */
const USERS = ['alice', 'bob', 'carol', 'dave', 'operator'];

export class Stage {
  readonly clock = createFakeClock();
  readonly net = createMemoryNet(this.clock);
  readonly ledger = new Ledger();
  readonly accounts = memoryAccounts(...USERS);
  readonly hands = new Map<string, Hand>();
  readonly devices = new Map<string, Device>();
  metrics = new Metrics();
  /** Tokens that are not those that everybody began with. */
  readonly tokens = new Map<string, string>();
  readonly #options: StageOptions & { readonly makeDisk: MakeDisk };
  #disk: DiskState = 'sound';
  #limits: Partial<MailboxLimits> = {};
  readonly #stores: StageStores;
  #store: { readonly inner: Store; readonly faulty: FaultyStore } | undefined;
  #server: Server | undefined;
  /** Servers that crashed: nothing that they still do counts. */
  readonly #dying: Promise<void>[] = [];

  private constructor(options: StageOptions) {
    const { stores, makeDisk = memoryDisks } = options;
    const ports = { clock: this.clock, limits: () => this.#limits };
    this.#options = { ...options, makeDisk };
    this.#stores = stores === 'memory' ? memoryStores(ports) : fileStores(makeDisk, ports);
  }

  /** With a server that runs. */
  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    await stage.startServer();
    return stage;
  }

  /** The store that the server has. @throws Error when no server runs. */
  get store(): FaultyStore {
    if (!this.#store) throw new Error('no server runs');
    return this.#store.faulty;
  }

  get isServing(): boolean {
    return this.#server !== undefined;
  }

  /** What the server's disk is like from now on, or, where the store is in memory, what such a disk would make of it. */
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

  /** Known by its name: `bob`, or `bob's phone`. */
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

  /** Connects by hand; whatever hand had this name before is forgotten. */
  async connect(name: string): Promise<Hand> {
    const hand = new Hand(this.net);
    this.hands.set(name, hand);
    await this.rest();
    return hand;
  }

  // Time.

  /** Until nothing is under way: no turn, no promise, no file. Time stands still. */
  async rest(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 3; quietTurns++) {
      await this.clock.settle();
      if (!isWriting() && ![...this.devices.values()].some(({ isOpening }) => isOpening)) continue;
      await someWork();
      quietTurns = 0;
    }
  }

  /** Time passes, a second or less at a time, and everything that it sets off is done. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    for (let left = ms; left > 0; left -= 1_000) {
      await this.clock.advance(Math.min(left, 1_000));
      await this.rest();
    }
  }

  /** Lets time pass until this is done. @throws Error after a minute. */
  async done<T>(promise: Promise<T>, what: string): Promise<T> {
    let isDone = false;
    const settled = (): void => {
      isDone = true;
    };
    promise.then(settled, settled);
    await this.rest();
    for (let seconds = 0; !isDone; seconds++) {
      if (seconds === 60) throw new Error(`${what} was not over after a minute`);
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
      log: silentLog,
      metrics: this.metrics,
      listen: async (accept) => listenOnStage(this.net, this.ledger, accept),
      ...(this.#options.maxConnections !== undefined && { maxConnections: this.#options.maxConnections }),
    });
  }

  /** In an orderly way, as on SIGTERM. */
  async stopServer(): Promise<void> {
    const { server, store } = this.#takeServer();
    await this.done(server.close(), 'closing the server');
    await this.done(this.#stores.close(store.inner), 'closing the store');
  }

  /** The process dies. */
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

  /** The server that stopped or crashed has lost its store: the next one has an empty one. */
  loseStore(): void {
    if (this.#server) throw new Error('the server runs');
    this.#stores.lose();
    this.ledger.add({ type: 'store lost' });
  }

  /** Before anything happens: a server whose mailboxes have other limits. */
  async limitMailboxes(limits: Partial<MailboxLimits>): Promise<void> {
    await this.stopServer();
    this.#limits = limits;
    this.#stores.lose();
    await this.startServer();
  }

  /** Lets go of everything. */
  async end(): Promise<void> {
    for (const { transport } of this.hands.values()) transport.cut();
    for (const device of this.devices.values()) await this.done(device.dispose(), `the end of ${device.name}`);
    if (this.#server) await this.stopServer();
    await this.done(Promise.all([...this.#dying, this.#stores.end()]), 'the end of what had crashed');
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

/** Whether the system is busy with files of this process: real ones, which the fake clock does not rule. */
const isWriting = (): boolean => process.getActiveResourcesInfo().some((name) => FILE_WORK.test(name));

/** Lets the system go on with it, in place of asking a thousand times a millisecond. */
const someWork = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
