/**
 * The sessions of a benchmark: connections of the client library without its outbox and inbox, so that they cost less than the
 * server. They reconnect, send again what was not answered, and judge nothing: they fill the checker.
 */
import { ClientConnection, type ConnectionOwner } from '../../client/connection/connection.js';
import type { ConnectionEnd, ConnectionLoss } from '../../client/connection/reconnect.js';
import type { ClientPorts } from '../../client/ports.js';
import type { ClientFrame, ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Message } from '../../protocol/frames/message.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { clientFailure } from '../errors/client-failure.js';
import { Failure } from '../errors/failure.js';
import type { Checker } from './checker.js';

export interface Credential {
  readonly user: string;
  readonly token: string;
}

/** What all sessions of a run share. */
export interface Shared {
  readonly url: string;
  readonly agent: string;
  readonly ports: Pick<ClientPorts, 'dial' | 'clock' | 'random' | 'log'>;
  /** Called after each turn in which something was received. */
  readonly changed: () => void;
  /** The run cannot go on. */
  readonly failed: (failure: Failure) => void;
}

/** One message costs the transport about this much more than its body. */
const OVERHEAD_BYTES = 100;

export class Session implements ConnectionOwner {
  readonly #connection: ClientConnection;
  /** Why it is not online; undefined while it is. */
  loss: string | undefined = 'not connected yet';
  /** The session is over for good. */
  isEnded = false;
  #resolveClosed: () => void = () => undefined;
  readonly #closed = new Promise<void>((resolve) => {
    this.#resolveClosed = resolve;
  });

  constructor(
    protected readonly shared: Shared,
    protected readonly credential: Credential,
  ) {
    const { url, agent, ports } = shared;
    const login = { type: 'login', v: 1, ...credential, agent } as const;
    this.#connection = new ClientConnection({ url, login: () => login, reconnect: true }, ports, this);
  }

  get isOnline(): boolean {
    return this.loss === undefined;
  }

  start(): void {
    this.#connection.start();
  }

  /** There may be something to send. */
  wake(): void {
    this.#connection.wake();
  }

  close(): Promise<void> {
    if (!this.isEnded) this.#connection.stop('closed');
    return this.#closed;
  }

  online(_welcome: Welcome): void {
    this.loss = undefined;
    this.wake();
    this.shared.changed();
  }

  offline({ reason, detail }: ConnectionLoss): void {
    this.loss = detail || reason;
  }

  received(frame: ServerFrame): void {
    if (frame.type !== 'error') return;
    const { code, message } = frame;
    const next = code === 'mailbox-full' ? 'send less: a smaller --offline or --size, or more --pairs' : undefined;
    this.shared.failed(new Failure('refused', `the server refused: ${message}`, { next }));
  }

  turnEnded(): void {
    this.shared.changed();
  }

  flush(_maxBytes: number): readonly ClientFrame[] {
    return [];
  }

  ended(end: ConnectionEnd): void {
    this.isEnded = true;
    this.loss = end.reason;
    this.#resolveClosed();
    if (end.reason !== 'closed') this.shared.failed(clientFailure(end, this.credential.user));
  }

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  // There is one deadline less, and nothing to prepare.
  tick(): void {}
  connecting(): void {}
}

/** The way of one sender's messages. */
export interface Route {
  readonly checker: Checker;
  /** Of every message id. */
  readonly prefix: string;
  readonly to: string;
  readonly bodyOf: (number: number) => string;
  readonly bodyBytes: number;
  /** How many more messages may leave now. */
  readonly room: () => number;
  readonly sent: (number: number) => void;
  /** For the first time. */
  readonly stored: (number: number) => void;
  readonly delivered: (number: number) => void;
}

export class Sender extends Session {
  /** The next number to transmit in this session. */
  #next = 0;

  constructor(
    shared: Shared,
    credential: Credential,
    private readonly route: Route,
  ) {
    super(shared, credential);
  }

  /** What was not answered is sent again, with the same ids and first (R8, R16). */
  override online(welcome: Welcome): void {
    this.#next = this.route.checker.firstUnanswered;
    super.online(welcome);
  }

  override received(frame: ServerFrame): void {
    if (frame.type !== 'stored') {
      super.received(frame);
      return;
    }
    const { prefix, checker, stored } = this.route;
    for (const id of frame.ids) {
      const number = numberIn(id, prefix);
      if (checker.answered(number)) stored(number);
    }
  }

  override flush(maxBytes: number): readonly ClientFrame[] {
    const { checker, prefix, to, bodyOf, bodyBytes, room, sent } = this.route;
    const frames: Message[] = [];
    let left = room();
    for (let bytes = 0; bytes < maxBytes; bytes += bodyBytes + OVERHEAD_BYTES) {
      while (this.#next < checker.sent && checker.isStored(this.#next)) this.#next++;
      if (this.#next === checker.sent) {
        if (left-- <= 0) break;
        sent(checker.send());
      }
      const number = this.#next++;
      frames.push({ type: 'message', id: prefix + number, to, body: bodyOf(number) });
    }
    return frames;
  }
}

export class Receiver extends Session {
  #seq = 0;
  #acked = 0;

  constructor(
    shared: Shared,
    credential: Credential,
    private readonly route: Pick<Route, 'checker' | 'prefix' | 'delivered'>,
  ) {
    super(shared, credential);
  }

  override online(welcome: Welcome): void {
    this.route.checker.loggedIn(welcome.epoch);
    this.#seq = 0;
    this.#acked = 0;
    super.online(welcome);
  }

  override received(frame: ServerFrame): void {
    if (frame.type !== 'message') {
      super.received(frame);
      return;
    }
    const { checker, prefix, delivered } = this.route;
    const number = numberIn(frame.id, prefix);
    if (checker.pushed(frame.seq, number, frame.body)) delivered(number);
    this.#seq = Math.max(this.#seq, frame.seq);
  }

  /** One cumulative ack for all pushes of a turn. */
  override flush(): readonly ClientFrame[] {
    if (this.#seq === this.#acked) return [];
    this.#acked = this.#seq;
    return [{ type: 'ack', seq: this.#seq }];
  }
}

/** NaN for an id that is none of this run. */
const numberIn = (id: string, prefix: string): number =>
  id.startsWith(prefix) ? Number(id.slice(prefix.length)) : Number.NaN;
