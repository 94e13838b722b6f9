/**
 * The line to a server: runs the link on a real wire and clock. Frames come in one by one; what leaves in one turn of the
 * event loop leaves as one package. Client and operator stand on it.
 */
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import type { Dial, Transport } from '../io/transport.js';
import { decodeServerText, encode, pack } from '../protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import type { Welcome } from '../protocol/frames/welcome.js';
import { DeadlineTimer } from './deadline-timer.js';
import { CLIENT } from './limits.js';
import {
  type ConnectionEnd,
  type ConnectionLoss,
  Reconnect,
  type ReconnectAction,
  type ReconnectEvent,
} from './reconnect.js';

export interface ConnectionPorts {
  readonly dial: Dial;
  readonly clock: Clock;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
  readonly log: Log;
}

interface ConnectionOptions {
  readonly url: string;
  readonly login: Login;
  readonly reconnect: boolean;
}

/** Whom a line serves. */
export interface ConnectionOwner {
  connecting(attempt: number): void;
  online(welcome: Welcome): void;
  /** What was said and not answered is to be said again. */
  offline(loss: ConnectionLoss, retryInMs: number): void;
  /** A frame that is the owner's business: not `welcome`, `heartbeat` or `bye`. Only while online. */
  received(frame: ServerFrame): void;
  /** A turn ends in which something was received, or `wake` was called. */
  turnEnded(): void;
  /** What is to leave now, about so many bytes at most. Only while online. */
  flush(maxBytes: number): readonly ClientFrame[];
  /** When `due` should be called; Infinity: never. */
  nextDeadline(): number;
  due(now: number): void;
  /** Nothing more will happen, and nothing is held. */
  ended(end: ConnectionEnd): void;
}

export class ClientConnection {
  readonly #reconnect: Reconnect;
  readonly #timer: DeadlineTimer;
  #transport: Transport | undefined;
  #turnEnds = false;
  #isPaused = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly ports: ConnectionPorts,
    private readonly owner: ConnectionOwner,
  ) {
    this.#reconnect = new Reconnect({ reconnect: options.reconnect, random: ports.random });
    this.#timer = new DeadlineTimer(ports.clock, () => this.#due());
  }

  get isOnline(): boolean {
    return this.#reconnect.state === 'online';
  }

  start(): void {
    this.#handle({ type: 'start' });
  }

  /** There may be something to send, or another deadline: looked at when the turn ends. */
  wake(): void {
    if (this.#turnEnds) return;
    this.#turnEnds = true;
    this.ports.clock.defer(() => {
      this.#turnEnds = false;
      this.owner.turnEnded();
      this.#flush();
      this.#rearm();
    });
  }

  /** Sends what is to leave, and ends. */
  stop(reason: string): void {
    this.#flush();
    this.#handle({ type: 'stop', reason });
  }

  /** The server broke the protocol: this connection is given up. */
  fault(detail: string): void {
    this.ports.log.warn('the server broke the protocol', { detail });
    this.#handle({ type: 'fault', detail });
  }

  /** Stops reading while the owner has enough to do. A server that is not listened to is not taken for dead. */
  pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#reconnect.heard(this.ports.clock.monotonic());
    if (isPaused) this.#transport?.pause();
    else this.#transport?.resume();
  }

  #handle(event: ReconnectEvent): void {
    this.#do(this.#reconnect.handle(event, this.ports.clock.monotonic()));
    this.#rearm();
  }

  #due(): void {
    const now = this.ports.clock.monotonic();
    if (this.#isPaused) this.#reconnect.heard(now);
    this.#do(this.#reconnect.tick(now));
    if (now >= this.owner.nextDeadline()) this.owner.due(now);
    this.wake();
  }

  #rearm(): void {
    if (this.#reconnect.state === 'ended') return;
    this.#timer.set(Math.min(this.#reconnect.nextDeadline(), this.owner.nextDeadline()));
  }

  #do(actions: readonly ReconnectAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'dial':
          this.owner.connecting(action.attempt);
          this.#dial();
          break;
        case 'login':
          this.#transport?.send(encode(this.options.login));
          break;
        case 'heartbeat':
          this.#transport?.send(encode({ type: 'heartbeat' })); // R13
          break;
        case 'close':
          this.#transport?.close(1000, '');
          break;
        case 'cut': {
          const transport = this.#transport;
          this.#transport = undefined;
          transport?.cut();
          break;
        }
        case 'wait':
          this.owner.offline(action, action.retryInMs);
          break;
        case 'end':
          this.#timer.cancel();
          this.owner.ended(action);
          break;
      }
    }
  }

  #dial(): void {
    const transport: Transport = this.ports.dial(this.options.url, {
      opened: () => {
        if (this.#transport === transport) this.#handle({ type: 'opened' });
      },
      received: (text) => {
        if (this.#transport === transport) this.#received(text);
      },
      closed: (code, detail) => {
        if (this.#transport !== transport) return;
        this.#transport = undefined;
        this.#handle({ type: 'closed', code, detail });
      },
    });
    this.#transport = transport;
    this.#isPaused = false;
  }

  #received(text: string | undefined): void {
    this.#reconnect.heard(this.ports.clock.monotonic());
    const items = text === undefined ? [] : decodeServerText(text);
    if (items.length === 0) this.ports.log.warn('passed over what is not text'); // R2
    for (const item of items) {
      if (item.type === 'passed-over')
        this.ports.log.warn('passed over what is no frame'); // R2
      else if (item.type === 'refused') this.fault(`${item.frame}.${item.field} is missing or wrong`);
      else this.#take(item);
    }
    this.wake();
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        if (this.#reconnect.state !== 'opening') return;
        this.#handle({ type: 'welcomed', heartbeatMs: frame.heartbeatMs, idleMs: frame.idleMs });
        this.owner.online(frame);
        break;
      case 'bye':
        this.#reconnect.bye(frame.reason, frame.retryAfterMs);
        break;
      case 'heartbeat':
        break;
      default:
        if (this.isOnline) this.owner.received(frame);
    }
  }

  /**
   * One package for all that leaves in this turn. What the system has not taken yet takes room away; the answer to it wakes
   * the line again.
   */
  #flush(): void {
    const transport = this.#transport;
    if (!transport || !this.isOnline) return;
    const frames = this.owner.flush(CLIENT.maxBufferedBytes - transport.bufferedBytes);
    if (frames.length === 0) return;
    for (const text of pack(frames.map(encode))) transport.send(text);
  }
}
