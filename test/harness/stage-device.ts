/** A device of a user on a stage: the real client and its state folder, over restarts and crashes of its process. */
import {
  type Client,
  type ClientEnd,
  type ClientEvent,
  connect,
  type IncomingMessage,
} from '../../src/client/api/client.js';
import type { MarkShown } from '../../src/client/api/inbox-handoff.js';
import type { Clock } from '../../src/io/clock.js';
import type { Dial, Transport } from '../../src/io/transport.js';
import type { Cable, MemoryNet } from './memory-transport.js';
import type { StageDisk } from './stage-disk.js';
import type { Ledger } from './stage-ledger.js';
import { STAGE_URL } from './stage-listener.js';

export interface DevicePorts {
  readonly clock: Clock;
  readonly net: MemoryNet;
  readonly ledger: Ledger;
  readonly tokenOf: (user: string) => string;
  /** For the state folder. */
  readonly disk: StageDisk;
}

export type DeviceMode = 'chat' | 'send';
type StateEvent = Extract<ClientEvent, { type: 'state' }>;
type OfflineEvent = Extract<ClientEvent, { type: 'offline' }>;

/** One process of the device: from its start to its end or death. */
interface DeviceProcess {
  readonly client: Client;
  /** It was killed. The client object still runs, but has no effect. */
  isDead: boolean;
  /** It waits for its state folder. */
  isOpening: boolean;
  isOnline: boolean;
  cable: Cable | undefined;
  end: ClientEnd | undefined;
}

export class Device {
  /** The messages shown by all processes, oldest first. */
  readonly shown: IncomingMessage[] = [];
  /** How many of them the test has checked. */
  looked = 0;
  /** The last state event of each own message, by id. */
  readonly states = new Map<string, StateEvent>();
  /** The last loss of a connection. */
  lastLoss: OfflineEvent | undefined;
  /** How many messages it was told that it missed. */
  missed = 0;
  /** For the processes that start from now on. */
  markShown: MarkShown = 'after';
  /** Its name as a device of its user; undefined: it names none. For the processes that start from now on. */
  device: string | undefined;
  /** Whether it wants copies, and history: see `ClientOptions`. For the processes that start from now on. */
  wantsCopies = false;
  wantsHistory = false;
  /** Called while a message is shown; the message counts as shown when it resolves. */
  showing: (message: IncomingMessage) => void | Promise<void> = () => {};
  #process: DeviceProcess | undefined;
  #mode: DeviceMode | undefined;
  #disk: StageDisk;
  /** Closing the clients of dead processes, which has no effect. */
  readonly #dying: Promise<void>[] = [];

  constructor(
    readonly name: string,
    readonly user: string,
    private readonly ports: DevicePorts,
  ) {
    this.#disk = ports.disk;
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.end === undefined;
  }

  /** Whether it waits for its state folder: real file work, which the fake clock does not control. */
  get isOpening(): boolean {
    return this.#process?.isOpening ?? false;
  }

  get isOnline(): boolean {
    return this.#process?.isOnline ?? false;
  }

  get isConnected(): boolean {
    return this.#process?.cable?.isOver === false;
  }

  /** Of its newest process; undefined when it was never started. */
  get mode(): DeviceMode | undefined {
    return this.#mode;
  }

  /** How its newest process ended; undefined while it runs. */
  get end(): ClientEnd | undefined {
    return this.#process?.end;
  }

  /** Own messages that wait for the server's answer. */
  get queued(): number {
    return this.#process?.client.queued ?? 0;
  }

  /** @throws Error when it has no connection. */
  get cable(): Cable {
    const cable = this.#process?.cable;
    if (!cable) throw new Error(`${this.name} has no connection`);
    return cable;
  }

  /** Starts a process with the state folder of the one before. */
  start(mode: DeviceMode = 'chat'): void {
    const { clock, tokenOf } = this.ports;
    const { files, folder } = this.#disk;
    const run: DeviceProcess = {
      client: connect(
        {
          url: STAGE_URL,
          user: this.user,
          device: this.device,
          token: tokenOf(this.user),
          mode,
          copies: this.wantsCopies,
          history: this.wantsHistory,
          markShown: this.markShown,
          stateFolder: folder,
          onMessage: (message) => this.#show(run, message),
        },
        { dial: (url, events) => this.#dial(run, url, events), clock, files, random: () => 0.5 },
      ),
      isDead: false,
      isOpening: true,
      isOnline: false,
      cable: undefined,
      end: undefined,
    };
    this.#process = run;
    this.#mode = mode;
    run.client.subscribe((event) => this.#onEvent(run, event));
  }

  send(to: string, body: string, id: string): void {
    if (!this.#process) throw new Error(`${this.name} is not running`);
    this.ports.ledger.add({ type: 'sent', device: this.name, user: this.user, to, id });
    this.#process.client.send(to, body, { id });
  }

  /** Ends the process in an orderly way. */
  async close(): Promise<void> {
    await this.#process?.client.close();
  }

  /** Kills the process, as kill -9 would: the state folder stays as it is at this moment. */
  kill(): void {
    const run = this.#process;
    if (!run) throw new Error(`${this.name} is not running`);
    run.isDead = true;
    run.cable?.cut();
    this.#process = undefined;
    this.#disk = this.#disk.afterDeath();
    this.#dying.push(run.client.close());
  }

  /** Closes everything, also what dead processes hold. */
  async dispose(): Promise<void> {
    await this.close();
    await Promise.all(this.#dying);
  }

  async #show(run: DeviceProcess, message: IncomingMessage): Promise<void> {
    if (run.isDead) return new Promise(() => {});
    const { epoch, seq, from, id, body, replay, to } = message;
    this.shown.push(message);
    this.ports.ledger.add({
      type: 'shown',
      device: this.name,
      user: this.user,
      from,
      id,
      body,
      epoch,
      seq,
      isReplay: replay !== undefined,
      to,
    });
    await this.showing(message);
  }

  #onEvent(run: DeviceProcess, event: ClientEvent): void {
    if (run.isDead) return;
    switch (event.type) {
      case 'opened':
      case 'locked':
        run.isOpening = false;
        break;
      case 'online':
        run.isOnline = true;
        break;
      case 'offline':
        run.isOnline = false;
        this.lastLoss = event;
        break;
      case 'missed':
        this.missed += event.count;
        break;
      case 'state':
        this.states.set(event.id, event);
        break;
      case 'ended':
        run.isOpening = false;
        run.isOnline = false;
        run.end = event;
        break;
    }
  }

  #dial(run: DeviceProcess, url: string, events: Parameters<Dial>[1]): Transport {
    const { net, ledger } = this.ports;
    if (run.isDead) return deadTransport;
    return net.dial(url, {
      opened: () => {
        run.cable = net.cable;
        ledger.add({ type: 'connected', connection: net.cables.length - 1, device: this.name });
        if (run.isDead) net.cable.cut();
        else events.opened();
      },
      received: (text, bytes) => {
        if (!run.isDead) events.received(text, bytes);
      },
      closed: (code, reason) => events.closed(code, reason),
    });
  }
}

/** The transport of a dead process. */
const deadTransport: Transport = { send() {}, bufferedBytes: 0, pause() {}, resume() {}, close() {}, cut() {} };
