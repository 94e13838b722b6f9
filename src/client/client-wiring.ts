/** Wiring of one client: the line to the server, the state folder, and the exchange between them; and the order of its end. */
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import type { Welcome } from '../protocol/frames/welcome.js';
import { CLIENT } from '../protocol/limits.js';
import { checkSendable } from './check-message.js';
import { Line, type LineOwner } from './connection.js';
import type { Handle } from './delivery-tracking.js';
import type { ClientEnd, ClientEvent } from './events.js';
import { type ClientOptions, type ClientPorts, shownBy } from './options.js';
import { Exchange, type ExchangeOwner } from './outbox-inbox.js';
import { ClientEnded, OutboxFull, type Outgoing, Parcel } from './outgoing-message.js';
import type { LinkEnd, Loss } from './reconnect.js';
import { openState } from './state-folder.js';
import { Takeover } from './state-folder-takeover.js';
import { type State, StateLocked } from './state-records.js';

/** What waits for the state folder: what the owner sent, and what this session received. */
class Early {
  sent: { readonly parcel: Parcel; readonly body: string; readonly bytes: number }[] = [];
  bytes = 0;
  welcome: Welcome | undefined;
  received: ServerFrame[] = [];
}

export class Endpoint implements LineOwner, ExchangeOwner {
  /** Resolves when everything is over and let go of. */
  readonly end: Promise<ClientEnd>;
  readonly #line: Line;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  /** There once the state folder is ours; at once without one. */
  #exchange: Exchange | undefined;
  #state: State | undefined;
  readonly #early = new Early();
  #opening: Promise<void> = Promise.resolve();
  readonly #takeover: Takeover | undefined;
  /** When another process has to have let go of the state folder. */
  #takeoverBy = Number.POSITIVE_INFINITY;
  /** Whether this client may ask for the folder: it is logged in, or nobody can be. */
  #mayAsk = false;
  #closing: Promise<void> | undefined;
  #quieted: Promise<void> | undefined;
  #cause: unknown;
  #over: ClientEnd | undefined;
  #resolveEnd: (end: ClientEnd) => void = () => undefined;

  constructor(
    private readonly options: ClientOptions,
    private readonly ports: ClientPorts,
  ) {
    const { url, user, token, mode = 'chat', agent, reconnect = true } = options;
    const login: Login = { type: 'login', v: 1, user, token, mode, ...(agent !== undefined && { agent }) };
    if (options.stateFolder !== undefined) this.#takeover = new Takeover(options.stateFolder, ports);
    this.#line = new Line({ url, login, reconnect }, ports, this);
    this.end = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
  }

  /** Begins at the end of the turn, so that the owner can subscribe first. */
  start(): void {
    const { stateFolder } = this.options;
    this.ports.clock.defer(() => {
      if (stateFolder !== undefined)
        this.#opening = this.#open(stateFolder).catch((error: unknown) => this.failed(error));
      this.#line.start();
    });
    if (stateFolder === undefined) this.#begin(undefined);
  }

  // For the user of the library.

  get queued(): number {
    return this.#early.sent.length + (this.#exchange?.queued ?? 0);
  }

  send(to: string, body: string, chosenId?: string): Outgoing {
    if (this.#over) throw new ClientEnded(this.#over);
    const id = chosenId ?? this.ports.newId();
    const bytes = checkSendable(to, id, body);
    const parcel = new Parcel(id, to, chosenId === undefined ? undefined : body);
    if (this.#exchange) return this.#exchange.send(parcel, body, bytes);
    if (this.queued >= CLIENT.maxQueued || this.#early.bytes + bytes > CLIENT.maxQueuedBytes) throw new OutboxFull();
    this.#early.sent.push({ parcel, body, bytes });
    this.#early.bytes += bytes;
    return parcel;
  }

  follow(messages: readonly Handle[]): void {
    this.#exchange?.follow(messages);
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.#stop('closed');
  }

  // For the line.

  connecting(attempt: number): void {
    this.tell({ type: 'connecting', attempt });
  }

  online(welcome: Welcome): void {
    this.tell({ type: 'online', welcome });
    this.#takeover?.rest(); // From here on the server says who is newer.
    this.#mayAsk = true;
    this.#exchange?.welcome(welcome);
    if (this.#exchange) return;
    this.#early.welcome = welcome;
    this.#takeoverBy = this.ports.clock.monotonic() + CLIENT.takeoverMs;
  }

  offline({ reason, code, detail }: Loss, retryInMs: number): void {
    this.#early.welcome = undefined;
    this.#early.received = [];
    this.#mayAsk = true;
    this.#exchange?.offline();
    this.#watch();
    this.tell({ type: 'offline', reason, code, detail, retryInMs });
  }

  received(frame: ServerFrame): void {
    this.#exchange?.received(frame);
    if (this.#exchange) return;
    this.#early.received.push(frame);
    if (this.#early.received.length > CLIENT.maxUnshown) this.pause(true);
  }

  turnEnded(): void {
    this.#exchange?.goOn();
  }

  flush(maxBytes: number): readonly ClientFrame[] {
    return this.#exchange?.flush(maxBytes) ?? [];
  }

  nextDeadline(): number {
    return this.#exchange?.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }

  due(now: number): void {
    this.#exchange?.due(now);
  }

  ended(end: LinkEnd): void {
    void this.#finish(end);
  }

  // For the exchange.

  tell(event: ClientEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  wake(): void {
    this.#line.wake();
  }

  pause(isPaused: boolean): void {
    this.#line.pause(isPaused);
  }

  fault(detail: string): void {
    this.#line.fault(detail);
  }

  failed(error: unknown): void {
    if (this.#closing) this.ports.log.error('failed while closing', error);
    else this.#cause = error;
    void this.#stop(error instanceof StateLocked ? 'locked' : 'failed');
  }

  /** Waits until the folder is ours: the process that holds it lets go when its session is replaced by this one's. */
  async #open(folder: string): Promise<void> {
    const { user } = this.options;
    for (let isFirst = true; !this.#over; isFirst = false) {
      const opened = await openState({ folder, user }, this.ports).catch(onlyLocked);
      if (!(opened instanceof StateLocked)) {
        this.#begin(opened);
        return this.#takeover?.withdraw();
      }
      if (this.ports.clock.monotonic() >= this.#takeoverBy) throw opened;
      if (isFirst) this.tell({ type: 'locked', folder, holder: opened.holder });
      if (this.#mayAsk && (this.options.mode ?? 'chat') === 'chat') await this.#takeover?.ask();
      await new Promise<void>((resolve) => this.ports.clock.after(CLIENT.lockRetryMs, resolve));
    }
  }

  /** From here on everything goes its way; what came before goes first. */
  #begin(state: State | undefined): void {
    const { mode, showMark = 'after', follow = true } = this.options;
    this.#state = state;
    if (this.#closing || this.#over) return; // `#finish` closes the state.
    const { sent, welcome, received } = this.#early;
    const shows = mode === 'send' ? undefined : shownBy(this.options);
    const exchange = new Exchange({ state, showMark, shows, follows: follow }, this.ports, this);
    this.#exchange = exchange;
    if (state) this.tell({ type: 'opened' });
    if (!this.#line.isOnline) this.#watch();
    for (const { parcel, body, bytes } of sent.splice(0)) exchange.sendEarly(parcel, body, bytes);
    if (welcome) exchange.welcome(welcome);
    for (const frame of received.splice(0)) exchange.received(frame);
    this.pause(false);
    this.wake();
  }

  /** While the server cannot say that a newer client has come. */
  #watch(): void {
    if (!this.#state || this.#closing || this.#over) return;
    this.#takeover?.watch((error) => (error === undefined ? void this.#stop('replaced') : this.failed(error)));
  }

  #stop(reason: string): Promise<void> {
    this.#closing ??= this.#quiet().then(async () => {
      this.#line.stop(reason);
      await this.end;
    });
    return this.#closing;
  }

  /** Shows nothing more. Resolves when the message that is being shown has been, or takes too long. */
  #quiet(): Promise<void> {
    this.#quieted ??= new Promise((resolve) => {
      const timer = this.ports.clock.after(CLIENT.finishShowingMs, resolve);
      const shown = this.#exchange?.stop() ?? Promise.resolve();
      shown.then(() => {
        timer.cancel();
        resolve();
      });
    });
    return this.#quieted;
  }

  /** The order of the end: show nothing more, keep what is known, let go of the folder, then say so. */
  async #finish(linkEnd: LinkEnd): Promise<void> {
    this.#over = this.#endOf(linkEnd);
    await this.#quiet();
    await this.#opening;
    this.#takeover?.rest();
    try {
      await this.#takeover?.withdraw();
      await this.#state?.close();
    } catch (error) {
      this.#cause ??= error;
    }
    const end = this.#endOf(linkEnd);
    const error = new ClientEnded(end);
    this.#exchange?.abandon(error);
    for (const { parcel } of this.#early.sent) parcel.fail(error);
    this.tell({ type: 'ended', ...end });
    this.#listeners.clear();
    this.#resolveEnd(end);
  }

  #endOf({ reason, code, detail }: LinkEnd): ClientEnd {
    const cause = this.#cause;
    return {
      reason,
      ...(code !== undefined && { code }),
      ...(detail && { detail }),
      ...(cause !== undefined && { cause }),
    };
  }
}

function onlyLocked(error: unknown): StateLocked {
  if (error instanceof StateLocked) return error;
  throw error;
}
