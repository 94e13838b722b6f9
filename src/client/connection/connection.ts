/**
 * A connection to a server, with reconnects: runs the reconnect state machine on a real transport and clock. All frames that are
 * sent in one turn of the event loop leave as one package. Used by the client and by the operator client.
 */
import type { Transport } from '../../io/transport.js';
import { decodeServerText, encode, pack } from '../../protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Login } from '../../protocol/frames/login.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { CLIENT } from '../limits.js';
import type { ClientPorts } from '../ports.js';
import { DeadlineTimer } from './deadline-timer.js';
import {
  type ConnectionEnd,
  type ConnectionLoss,
  Reconnect,
  type ReconnectAction,
  type ReconnectEvent,
} from './reconnect.js';

interface ConnectionOptions {
  readonly url: string;
  /** Called for each login. */
  readonly login: () => Login;
  readonly reconnect: boolean;
}

/** The callbacks of a connection. */
export interface ConnectionOwner {
  connecting(attempt: number): void;
  online(welcome: Welcome): void;
  /** What is unanswered has to be sent again in the next session. */
  offline(loss: ConnectionLoss, retryInMs: number): void;
  /** Any frame but `welcome`, `heartbeat` and `bye`. Only while online. */
  received(frame: ServerFrame): void;
  /** The end of a turn of the event loop in which something was received, or `wake` was called; before `flush`. */
  turnEnded(): void;
  /** The frames to send now, of about `maxBytes` at most. Only while online. */
  flush(maxBytes: number): readonly ClientFrame[];
  /** When to call `tick`; Infinity: never. */
  nextDeadline(): number;
  tick(now: number): void;
  /** The last callback: everything is closed. */
  ended(end: ConnectionEnd): void;
}

export class ClientConnection {
  readonly #reconnect: Reconnect;
  readonly #timer: DeadlineTimer;
  #transport: Transport | undefined;
  /** Whether the end of this turn is scheduled. */
  #isWoken = false;
  #isPaused = false;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly ports: Pick<ClientPorts, 'dial' | 'clock' | 'random' | 'log'>,
    private readonly owner: ConnectionOwner,
  ) {
    this.#reconnect = new Reconnect(options.reconnect, ports.random);
    this.#timer = new DeadlineTimer(ports.clock, () => this.#tick());
  }

  get isOnline(): boolean {
    return this.#reconnect.state === 'online';
  }

  start(): void {
    this.#handle({ type: 'start' });
  }

  /** Ends a wait for the next attempt. Does nothing in any other state. */
  retry(): void {
    this.#handle({ type: 'retry' });
  }

  /** There may be something to send, or another deadline: asks the owner at the end of this turn. */
  wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.ports.clock.defer(() => {
      this.#isWoken = false;
      this.owner.turnEnded();
      this.#flush();
      this.#armTimer();
    });
  }

  /** Sends what is ready, and closes. */
  stop(reason: string): void {
    this.#flush();
    this.#handle({ type: 'stop', reason });
  }

  /** The server broke the protocol: gives up this connection. */
  protocolError(detail: string): void {
    this.ports.log.warn('the server broke the protocol', { detail });
    this.#handle({ type: 'fault', detail });
  }

  /** Stops or resumes reading (backpressure). While paused, a silent server does not count as dead. */
  pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#reconnect.noteActivity(this.ports.clock.monotonic());
    if (isPaused) this.#transport?.pause();
    else this.#transport?.resume();
  }

  #handle(event: ReconnectEvent): void {
    this.#run(this.#reconnect.handle(event, this.ports.clock.monotonic()));
    this.#armTimer();
  }

  #tick(): void {
    const now = this.ports.clock.monotonic();
    if (this.#isPaused) this.#reconnect.noteActivity(now);
    this.#run(this.#reconnect.tick(now));
    if (now >= this.owner.nextDeadline()) this.owner.tick(now);
    this.wake();
  }

  #armTimer(): void {
    if (this.#reconnect.state === 'ended') return;
    this.#timer.set(Math.min(this.#reconnect.nextDeadline(), this.owner.nextDeadline()));
  }

  #run(actions: readonly ReconnectAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'dial':
          this.owner.connecting(action.attempt);
          this.#dial();
          break;
        case 'login':
          this.#transport?.send(encode(this.options.login()));
          break;
        case 'heartbeat':
          this.#transport?.send(encode({ type: 'heartbeat' })); // R13: the client sends heartbeats
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

  /** Callbacks of a transport that was replaced are ignored. */
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
    this.#reconnect.noteActivity(this.ports.clock.monotonic());
    const items = text === undefined ? [] : decodeServerText(text);
    if (items.length === 0) this.ports.log.warn('ignored a binary message'); // R2: not text
    for (const item of items) {
      if (item.type === 'passed-over')
        this.ports.log.warn('ignored what is no frame'); // R2: not a defined frame
      else if (item.type === 'refused') this.protocolError(`${item.frame}.${item.field} is missing or wrong`);
      else this.#handleFrame(item);
    }
    this.wake();
  }

  #handleFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        if (this.#reconnect.state !== 'logging-in') return;
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
   * Sends the frames of this turn as one package. What the transport still buffers counts against `maxBufferedBytes`; when the
   * server answers, `wake` sends the rest.
   */
  #flush(): void {
    const transport = this.#transport;
    if (!transport || !this.isOnline) return;
    const frames = this.owner.flush(CLIENT.maxBufferedBytes - transport.bufferedBytes);
    if (frames.length === 0) return;
    for (const text of pack(frames.map(encode))) transport.send(text);
  }
}
