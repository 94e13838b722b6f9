/** A person's device on a stage: the real client, through all its lives, with the state folder that outlives them. */
import {
  type Client,
  type ClientEnd,
  type ClientEvent,
  connect,
  type IncomingMessage,
} from '../../src/client/client.js';
import type { MarkShown } from '../../src/client/inbox-handoff.js';
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

/** From a start to the end, or to a sudden death. */
interface Life {
  readonly client: Client;
  isDead: boolean;
  /** It is taking its state folder. */
  isOpening: boolean;
  isOnline: boolean;
  cable: Cable | undefined;
  end: ClientEnd | undefined;
}

export class Device {
  /** What was shown, in all lives, oldest first. */
  readonly shown: IncomingMessage[] = [];
  /** How many of them the scene has looked at. */
  looked = 0;
  /** What is known of each own message, by id. */
  readonly states = new Map<string, StateEvent>();
  /** How the connection was last lost. */
  lastLoss: OfflineEvent | undefined;
  /** When a life that begins from now on writes down that it has shown a message. */
  markShown: MarkShown = 'after';
  /** Called in the middle of showing a message; showing ends when it does. */
  showing: (message: IncomingMessage) => void | Promise<void> = () => {};
  #life: Life | undefined;
  #mode: DeviceMode | undefined;
  #disk: StageDisk;
  /** What dead lives still do: nothing that counts. */
  readonly #dying: Promise<void>[] = [];

  constructor(
    readonly name: string,
    readonly user: string,
    private readonly ports: DevicePorts,
  ) {
    this.#disk = ports.disk;
  }

  get isRunning(): boolean {
    return this.#life !== undefined && this.#life.end === undefined;
  }

  /** Whether it is taking its state folder: real work, which the fake clock does not rule. */
  get isOpening(): boolean {
    return this.#life?.isOpening ?? false;
  }

  get isOnline(): boolean {
    return this.#life?.isOnline ?? false;
  }

  get isConnected(): boolean {
    return this.#life?.cable?.isOver === false;
  }

  /** Of its newest life; undefined when it never lived. */
  get mode(): DeviceMode | undefined {
    return this.#mode;
  }

  /** How its last life ended; undefined while it goes on. */
  get end(): ClientEnd | undefined {
    return this.#life?.end;
  }

  /** Own messages that wait for the server's answer. */
  get queued(): number {
    return this.#life?.client.queued ?? 0;
  }

  /** @throws Error when it has no connection. */
  get cable(): Cable {
    const cable = this.#life?.cable;
    if (!cable) throw new Error(`${this.name} has no connection`);
    return cable;
  }

  /** Begins to connect, with the state folder of the life before. */
  start(mode: DeviceMode = 'chat'): void {
    const { clock, tokenOf } = this.ports;
    const { files, folder } = this.#disk;
    const life: Life = {
      client: connect(
        {
          url: STAGE_URL,
          user: this.user,
          token: tokenOf(this.user),
          mode,
          markShown: this.markShown,
          stateFolder: folder,
          onMessage: (message) => this.#show(life, message),
        },
        { dial: (url, events) => this.#dial(life, url, events), clock, files, random: () => 0.5 },
      ),
      isDead: false,
      isOpening: true,
      isOnline: false,
      cable: undefined,
      end: undefined,
    };
    this.#life = life;
    this.#mode = mode;
    life.client.subscribe((event) => this.#follow(life, event));
  }

  send(to: string, body: string, id: string): void {
    if (!this.#life) throw new Error(`${this.name} is not running`);
    this.ports.ledger.add({ type: 'sent', device: this.name, user: this.user, to, id });
    this.#life.client.send(to, body, { id });
  }

  /** Ends in an orderly way. */
  async close(): Promise<void> {
    await this.#life?.client.close();
  }

  /** The process dies: nobody is told, nothing more is done, and the state folder is what it is at this moment. */
  kill(): void {
    const life = this.#life;
    if (!life) throw new Error(`${this.name} is not running`);
    life.isDead = true;
    life.cable?.cut();
    this.#life = undefined;
    this.#disk = this.#disk.afterDeath();
    this.#dying.push(life.client.close());
  }

  /** Lets go of everything, dead lives included. */
  async dispose(): Promise<void> {
    await this.close();
    await Promise.all(this.#dying);
  }

  async #show(life: Life, message: IncomingMessage): Promise<void> {
    if (life.isDead) return new Promise(() => {});
    const { epoch, seq, from, id, body, replay } = message;
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
    });
    await this.showing(message);
  }

  #follow(life: Life, event: ClientEvent): void {
    if (life.isDead) return;
    switch (event.type) {
      case 'opened':
      case 'locked':
        life.isOpening = false;
        break;
      case 'online':
        life.isOnline = true;
        break;
      case 'offline':
        life.isOnline = false;
        this.lastLoss = event;
        break;
      case 'state':
        this.states.set(event.id, event);
        break;
      case 'ended':
        life.isOpening = false;
        life.isOnline = false;
        life.end = event;
        break;
    }
  }

  #dial(life: Life, url: string, events: Parameters<Dial>[1]): Transport {
    const { net, ledger } = this.ports;
    if (life.isDead) return nowhere;
    return net.dial(url, {
      opened: () => {
        life.cable = net.cable;
        ledger.add({ type: 'connected', connection: net.cables.length - 1, device: this.name });
        if (life.isDead) net.cable.cut();
        else events.opened();
      },
      received: (text, bytes) => {
        if (!life.isDead) events.received(text, bytes);
      },
      closed: (code, reason) => events.closed(code, reason),
    });
  }
}

/** Where a dead process dials. */
const nowhere: Transport = { send() {}, bufferedBytes: 0, pause() {}, resume() {}, close() {}, cut() {} };
