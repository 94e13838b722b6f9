/** Wiring of one client: the line to the server, the state folder, and the exchange between them; and the order of its end. */
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Login } from '../protocol/frames/login.js';
import type { Welcome } from '../protocol/frames/welcome.js';
import { WIRE } from '../protocol/limits.js';
import { checkSendable } from './check-message.js';
import { ClientConnection, type ConnectionOwner } from './connection.js';
import type { MessageRef } from './delivery-tracking.js';
import type { ClientEnd, ClientEvent } from './events.js';
import { CLIENT } from './limits.js';
import { type ClientOptions, type ClientPorts, messageHandlerOf } from './options.js';
import { OutboxInbox, type OutboxInboxOwner } from './outbox-inbox.js';
import { ClientEnded, OutboxFull, type OutgoingMessage, TrackedMessage } from './outgoing-message.js';
import type { ConnectionEnd, ConnectionLoss } from './reconnect.js';
import { openState } from './state-folder.js';
import { StateFolderTakeover } from './state-folder-takeover.js';
import { type ClientState, StateFolderLocked } from './state-records.js';

/** What waits for the state folder: what the owner sent, and what this session received. */
class BeforeOpen {
  sent: { readonly outgoing: TrackedMessage; readonly body: string; readonly bytes: number }[] = [];
  bytes = 0;
  welcome: Welcome | undefined;
  received: ServerFrame[] = [];
}

export class ClientWiring implements ConnectionOwner, OutboxInboxOwner {
  /** Resolves when everything is over and let go of. */
  readonly end: Promise<ClientEnd>;
  readonly #connection: ClientConnection;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  /** There once the state folder is ours; at once without one. */
  #outboxInbox: OutboxInbox | undefined;
  #state: ClientState | undefined;
  readonly #beforeOpen = new BeforeOpen();
  #opening: Promise<void> = Promise.resolve();
  readonly #takeover: StateFolderTakeover | undefined;
  /** When another process has to have let go of the state folder. */
  #takeoverBy = Number.POSITIVE_INFINITY;
  /** Whether this client may ask for the folder: it is logged in, or nobody can be. */
  #mayAsk = false;
  #closing: Promise<void> | undefined;
  #quieted: Promise<void> | undefined;
  #cause: unknown;
  /** The largest body that can be sent, in bytes of UTF-8: what the server announced last. */
  #maxBodyBytes: number = WIRE.maxBodyBytes;
  #over: ClientEnd | undefined;
  #resolveEnd: (end: ClientEnd) => void = () => undefined;

  constructor(
    private readonly options: ClientOptions,
    private readonly ports: ClientPorts,
  ) {
    const { url, user, token, mode = 'chat', agent, reconnect = true } = options;
    const login: Login = { type: 'login', v: 1, user, token, mode, ...(agent !== undefined && { agent }) };
    if (options.stateFolder !== undefined) this.#takeover = new StateFolderTakeover(options.stateFolder, ports);
    this.#connection = new ClientConnection({ url, login, reconnect }, ports, this);
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
      this.#connection.start();
    });
    if (stateFolder === undefined) this.#begin(undefined);
  }

  // For the user of the library.

  get queued(): number {
    return this.#beforeOpen.sent.length + (this.#outboxInbox?.queued ?? 0);
  }

  send(to: string, body: string, chosenId?: string): OutgoingMessage {
    if (this.#over) throw new ClientEnded(this.#over);
    const id = chosenId ?? this.ports.newId();
    const bytes = checkSendable(to, id, body, this.#maxBodyBytes);
    const outgoing = new TrackedMessage(id, to, chosenId === undefined ? undefined : body);
    if (this.#outboxInbox) return this.#outboxInbox.send(outgoing, body, bytes);
    if (this.queued >= CLIENT.maxQueued || this.#beforeOpen.bytes + bytes > CLIENT.maxQueuedBytes)
      throw new OutboxFull();
    this.#beforeOpen.sent.push({ outgoing, body, bytes });
    this.#beforeOpen.bytes += bytes;
    return outgoing;
  }

  follow(messages: readonly MessageRef[]): void {
    this.#outboxInbox?.follow(messages);
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
    this.emit({ type: 'connecting', attempt });
  }

  online(welcome: Welcome): void {
    this.#maxBodyBytes = welcome.maxBodyBytes;
    this.emit({ type: 'online', welcome });
    this.#takeover?.rest(); // From here on the server says who is newer.
    this.#mayAsk = true;
    this.#outboxInbox?.welcome(welcome);
    if (this.#outboxInbox) return;
    this.#beforeOpen.welcome = welcome;
    this.#takeoverBy = this.ports.clock.monotonic() + CLIENT.takeoverMs;
  }

  offline({ reason, code, detail }: ConnectionLoss, retryInMs: number): void {
    this.#beforeOpen.welcome = undefined;
    this.#beforeOpen.received = [];
    this.#mayAsk = true;
    this.#outboxInbox?.offline();
    this.#watch();
    this.emit({ type: 'offline', reason, code, detail, retryInMs });
  }

  received(frame: ServerFrame): void {
    this.#outboxInbox?.received(frame);
    if (this.#outboxInbox) return;
    this.#beforeOpen.received.push(frame);
    if (this.#beforeOpen.received.length > CLIENT.maxUnshown) this.pause(true);
  }

  turnEnded(): void {
    this.#outboxInbox?.goOn();
  }

  flush(maxBytes: number): readonly ClientFrame[] {
    return this.#outboxInbox?.flush(maxBytes) ?? [];
  }

  nextDeadline(): number {
    return this.#outboxInbox?.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }

  due(now: number): void {
    this.#outboxInbox?.due(now);
  }

  ended(end: ConnectionEnd): void {
    void this.#finish(end);
  }

  // For the exchange.

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  wake(): void {
    this.#connection.wake();
  }

  pause(isPaused: boolean): void {
    this.#connection.pause(isPaused);
  }

  protocolError(detail: string): void {
    this.#connection.fault(detail);
  }

  failed(error: unknown): void {
    if (this.#closing) this.ports.log.error('failed while closing', error);
    else this.#cause = error;
    void this.#stop(error instanceof StateFolderLocked ? 'locked' : 'failed');
  }

  /** Waits until the folder is ours: the process that holds it lets go when its session is replaced by this one's. */
  async #open(folder: string): Promise<void> {
    const { user } = this.options;
    for (let isFirst = true; !this.#over; isFirst = false) {
      const opened = await openState({ folder, user }, this.ports).catch(onlyLocked);
      if (!(opened instanceof StateFolderLocked)) {
        this.#begin(opened);
        return this.#takeover?.withdraw();
      }
      if (this.ports.clock.monotonic() >= this.#takeoverBy) throw opened;
      if (isFirst) this.emit({ type: 'locked', folder, holder: opened.holder });
      if (this.#mayAsk && (this.options.mode ?? 'chat') === 'chat') await this.#takeover?.ask();
      await new Promise<void>((resolve) => this.ports.clock.after(CLIENT.lockRetryMs, resolve));
    }
  }

  /** From here on everything goes its way; what came before goes first. */
  #begin(state: ClientState | undefined): void {
    const { mode, showMark = 'after', follow = true } = this.options;
    this.#state = state;
    if (this.#closing || this.#over) return; // `#finish` closes the state.
    const { sent, welcome, received } = this.#beforeOpen;
    const shows = mode === 'send' ? undefined : messageHandlerOf(this.options);
    const outboxInbox = new OutboxInbox({ state, showMark, shows, follows: follow }, this.ports, this);
    this.#outboxInbox = outboxInbox;
    if (state) this.emit({ type: 'opened' });
    if (!this.#connection.isOnline) this.#watch();
    for (const { outgoing, body, bytes } of sent.splice(0)) outboxInbox.sendEarly(outgoing, body, bytes);
    if (welcome) outboxInbox.welcome(welcome);
    for (const frame of received.splice(0)) outboxInbox.received(frame);
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
      this.#connection.stop(reason);
      await this.end;
    });
    return this.#closing;
  }

  /** Shows nothing more. Resolves when the message that is being shown has been, or takes too long. */
  #quiet(): Promise<void> {
    this.#quieted ??= new Promise((resolve) => {
      const timer = this.ports.clock.after(CLIENT.finishShowingMs, resolve);
      const shown = this.#outboxInbox?.stop() ?? Promise.resolve();
      shown.then(() => {
        timer.cancel();
        resolve();
      });
    });
    return this.#quieted;
  }

  /** The order of the end: show nothing more, keep what is known, let go of the folder, then say so. */
  async #finish(linkEnd: ConnectionEnd): Promise<void> {
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
    this.#outboxInbox?.abandon(error);
    for (const { outgoing } of this.#beforeOpen.sent) outgoing.fail(error);
    this.emit({ type: 'ended', ...end });
    this.#listeners.clear();
    this.#resolveEnd(end);
  }

  #endOf({ reason, code, detail }: ConnectionEnd): ClientEnd {
    const cause = this.#cause;
    return {
      reason,
      ...(code !== undefined && { code }),
      ...(detail && { detail }),
      ...(cause !== undefined && { cause }),
    };
  }
}

function onlyLocked(error: unknown): StateFolderLocked {
  if (error instanceof StateFolderLocked) return error;
  throw error;
}
