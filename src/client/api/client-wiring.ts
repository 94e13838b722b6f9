/** Wires up one client: its connection, its state folder, and outbox and inbox in between; and shuts them down in order. */
import type { ClientFrame, ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Login } from '../../protocol/frames/login.js';
import type { UnsendOutcome } from '../../protocol/frames/unsend.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { WIRE } from '../../protocol/limits.js';
import { ClientConnection, type ConnectionOwner } from '../connection/connection.js';
import type { ConnectionEnd, ConnectionLoss } from '../connection/reconnect.js';
import type { ClientEnd, ClientEvent } from '../events.js';
import { CLIENT } from '../limits.js';
import { checkSendable } from '../outbox/check-message.js';
import type { MessageRef } from '../outbox/delivery-tracking.js';
import { ClientEnded, type OutgoingMessage, TrackedMessage } from '../outbox/outgoing-message.js';
import type { ClientPorts } from '../ports.js';
import { openState } from '../state/state-folder.js';
import { StateFolderTakeover } from '../state/state-folder-takeover.js';
import { type ClientState, StateFolderLocked } from '../state/state-records.js';
import { Backlog } from './backlog.js';
import { type ClientOptions, messageHandlerOf } from './options.js';
import { OutboxInbox, type OutboxInboxOwner } from './outbox-inbox.js';

export class ClientWiring implements ConnectionOwner, OutboxInboxOwner {
  #resolveEnd: (end: ClientEnd) => void = () => undefined;
  /** Resolves when the client has ended, and everything is closed. */
  readonly end = new Promise<ClientEnd>((resolve) => {
    this.#resolveEnd = resolve;
  });
  readonly #connection: ClientConnection;
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  /** Undefined until the state folder is open. */
  #outboxInbox: OutboxInbox | undefined;
  #state: ClientState | undefined;
  readonly #backlog = new Backlog();
  #opening: Promise<void> = Promise.resolve();
  readonly #takeover: StateFolderTakeover | undefined;
  /** When the process that holds the state folder has to have released it. */
  #takeoverDeadline = Number.POSITIVE_INFINITY;
  /** Whether the first attempt to log in is over: only then may this client request the state folder from another process. */
  #hasTriedLogin = false;
  #closing: Promise<void> | undefined;
  /** Waiting for the next attempt to connect. */
  #isOffline = false;
  /** Set while `#untilAcked` waits. */
  #onAcked: (() => void) | undefined;
  #showingStopped: Promise<void> | undefined;
  #cause: unknown;
  /** In bytes of UTF-8; of the newest `welcome`. */
  #maxBodyBytes: number = WIRE.maxBodyBytes;
  #over: ClientEnd | undefined;

  constructor(
    private readonly options: ClientOptions,
    private readonly ports: ClientPorts,
  ) {
    const { url, user, device, token, mode = 'chat', agent, copies, history, reconnect = true } = options;
    const optional = {
      ...(device !== undefined && { device }),
      ...(copies && { copies }),
      ...(agent !== undefined && { agent }),
    };
    const identity = { type: 'login', v: 1, user, token, mode, ...optional } as const;
    // In mode `chat` the device is what has one session.
    const ownOutbox = mode === 'send' && options.stateFolder === undefined ? ports.newId() : undefined;
    const login = (): Login => {
      const outbox = mode === 'send' ? (this.#state?.saved.outbox ?? ownOutbox) : undefined;
      const last = this.#outboxInbox?.lastReceived;
      return { ...identity, ...(outbox && { outbox }), ...(last ? { last } : history && { history }) };
    };
    if (options.stateFolder !== undefined) this.#takeover = new StateFolderTakeover(options.stateFolder, ports);
    this.#connection = new ClientConnection({ url, login, reconnect }, ports, this);
  }

  /** Starts at the end of this turn of the event loop, so that the caller can subscribe first. */
  start(): void {
    const { stateFolder } = this.options;
    if (stateFolder === undefined) this.#opened(undefined);
    this.ports.clock.defer(() => {
      if (stateFolder === undefined) this.#connection.start();
      else this.#opening = this.#open(stateFolder).catch((error: unknown) => this.failed(error));
    });
  }

  // The implementation of Client.

  get queued(): number {
    return this.#backlog.queued + (this.#outboxInbox?.queued ?? 0);
  }

  send(to: string, body: string, chosenId?: string, re?: string): OutgoingMessage {
    if (this.#over) throw new ClientEnded(this.#over);
    const id = chosenId ?? this.ports.newId();
    const bytes = checkSendable({ to, id: chosenId, body, re }, this.#maxBodyBytes);
    const message = new TrackedMessage(id, to, chosenId === undefined ? undefined : body);
    if (this.#outboxInbox) return this.#outboxInbox.send(message, body, bytes, re);
    this.#backlog.send({ message, body, bytes, re });
    return message;
  }

  track(messages: readonly MessageRef[]): void {
    this.#outboxInbox?.track(messages);
  }

  async unsend(message: MessageRef): Promise<UnsendOutcome> {
    if (this.#over) throw new ClientEnded(this.#over);
    if (!this.#outboxInbox) throw new Error('the state folder is not open yet');
    return this.#outboxInbox.unsend(message);
  }

  markRead(peer: string): void {
    this.#outboxInbox?.markRead(peer);
  }

  retry(): void {
    this.#connection.retry();
  }

  subscribe(listener: (event: ClientEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return this.#stop('closed');
  }

  // Callbacks of the connection.

  connecting(attempt: number): void {
    this.#isOffline = false;
    this.emit({ type: 'connecting', attempt });
  }

  online(welcome: Welcome): void {
    this.#maxBodyBytes = welcome.maxBodyBytes;
    this.emit({ type: 'online', welcome });
    this.#takeover?.stopWatching(); // while online, the server reports a newer session
    this.#hasTriedLogin = true;
    this.#outboxInbox?.welcome(welcome);
    if (this.#outboxInbox) return;
    this.#backlog.online(welcome);
    this.#takeoverDeadline = this.ports.clock.monotonic() + CLIENT.takeoverMs;
  }

  offline({ reason, code, detail }: ConnectionLoss, retryInMs: number): void {
    this.#backlog.offline();
    this.#hasTriedLogin = true;
    this.#outboxInbox?.offline();
    this.#isOffline = true;
    this.#onAcked?.();
    this.#watchForTakeover();
    this.emit({ type: 'offline', reason, code, detail, retryInMs });
  }

  received(frame: ServerFrame): void {
    this.#outboxInbox?.received(frame);
    if (this.#outboxInbox) return;
    if (!this.#backlog.received(frame)) this.#connection.pause(true);
  }

  turnEnded(): void {
    this.#outboxInbox?.processInbox();
  }

  flush(maxBytes: number): readonly ClientFrame[] {
    const frames = this.#outboxInbox?.flush(maxBytes) ?? [];
    if (!this.#outboxInbox?.hasUnacked) this.#onAcked?.();
    return frames;
  }

  nextDeadline(): number {
    return this.#outboxInbox?.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }

  tick(now: number): void {
    this.#outboxInbox?.tick(now);
  }

  ended(end: ConnectionEnd): void {
    this.#onAcked?.();
    void this.#finish(end);
  }

  // Callbacks of outbox and inbox.

  emit(event: ClientEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  failed(error: unknown): void {
    if (this.#closing) this.ports.log.error('failed while closing', error);
    else this.#cause = error;
    void this.#stop(error instanceof StateFolderLocked ? 'locked' : 'failed');
  }

  /** Retries until the folder is not locked: the process that holds it releases it when its session is replaced by this one. */
  async #open(folder: string): Promise<void> {
    const { user } = this.options;
    for (let isFirst = true; !this.#over; isFirst = false) {
      const result = await openState(folder, user, this.ports).catch((error: unknown) => {
        if (error instanceof StateFolderLocked) return error;
        throw error;
      });
      if (!(result instanceof StateFolderLocked)) this.#opened(result);
      // The state says what was received. While it is locked, a login ends the session of the process that holds it.
      if (isFirst) this.#connection.start();
      if (!(result instanceof StateFolderLocked)) return this.#takeover?.withdraw();
      if (this.ports.clock.monotonic() >= this.#takeoverDeadline) throw result;
      if (isFirst) this.emit({ type: 'locked', folder, holder: result.holder });
      if (this.#hasTriedLogin && (this.options.mode ?? 'chat') === 'chat') await this.#takeover?.request();
      await new Promise<void>((resolve) => this.ports.clock.after(CLIENT.lockRetryMs, resolve));
    }
  }

  /** Creates outbox and inbox, and passes the backlog on to them. */
  #opened(state: ClientState | undefined): void {
    const { mode, markShown = 'after', trackDelivery = true } = this.options;
    this.#state = state;
    if (this.#closing || this.#over) return; // `#finish` closes the state
    const handler = mode === 'send' ? undefined : messageHandlerOf(this.options);
    const options = { state, handler, markShown, trackDelivery };
    const outboxInbox = new OutboxInbox(options, this.ports, this.#connection, this);
    this.#outboxInbox = outboxInbox;
    if (state) this.emit({ type: 'opened' });
    if (!this.#connection.isOnline) this.#watchForTakeover();
    this.#backlog.moveTo(outboxInbox);
    this.#connection.pause(false);
    this.#connection.wake();
  }

  /** While offline, the server cannot report a newer session of this user. */
  #watchForTakeover(): void {
    if (!this.#state || this.#closing || this.#over) return;
    this.#takeover?.watch((error) => (error === undefined ? void this.#stop('replaced') : this.failed(error)));
  }

  #stop(reason: string): Promise<void> {
    this.#closing ??= this.#stopShowing().then(async () => {
      if (reason === 'closed') await this.#untilAcked();
      this.#connection.stop(reason);
      await this.end;
    });
    return this.#closing;
  }

  /**
   * What an earlier process received and this one has shown can be acked only when the server has pushed it again. Resolves
   * when that is done, or there is no connection, or after `finishAckMs`.
   */
  #untilAcked(): Promise<void> {
    if (!this.#outboxInbox?.hasUnacked || this.#isOffline) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.ports.clock.after(CLIENT.finishAckMs, resolve);
      this.#onAcked = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Resolves when the messages that are being shown have been, or after `finishShowingMs`. */
  #stopShowing(): Promise<void> {
    this.#showingStopped ??= new Promise((resolve) => {
      const timer = this.ports.clock.after(CLIENT.finishShowingMs, resolve);
      const stopped = this.#outboxInbox?.stop() ?? Promise.resolve();
      stopped.then(() => {
        timer.cancel();
        resolve();
      });
    });
    return this.#showingStopped;
  }

  /** The connection has ended: stops showing, closes the state folder, and only then reports the end. */
  async #finish(connectionEnd: ConnectionEnd): Promise<void> {
    this.#over = this.#toClientEnd(connectionEnd);
    await this.#stopShowing();
    await this.#opening;
    this.#takeover?.stopWatching();
    try {
      await this.#takeover?.withdraw();
      await this.#state?.close();
    } catch (error) {
      this.#cause ??= error;
    }
    const end = this.#toClientEnd(connectionEnd);
    const error = new ClientEnded(end);
    this.#outboxInbox?.failAll(error);
    this.#backlog.failAll(error);
    this.emit({ type: 'ended', ...end });
    this.#listeners.clear();
    this.#resolveEnd(end);
  }

  #toClientEnd({ reason, code, detail }: ConnectionEnd): ClientEnd {
    const cause = this.#cause;
    return {
      reason,
      ...(code !== undefined && { code }),
      ...(detail && { detail }),
      ...(cause !== undefined && { cause }),
    };
  }
}
