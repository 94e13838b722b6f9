/**
 * One connection: wires its transport to the session rules (what is allowed, what is overdue), the handlers (what to send)
 * and the outbound path (when to send it). It decides nothing that these can decide.
 */
import type { Peer, Transport, TransportEvents } from '../io/transport.js';
import { CLOSES, type CloseReason } from '../protocol/close-codes.js';
import { type Decoded, decodeClientText } from '../protocol/codec.js';
import { errorFrame, invalidFieldError } from '../protocol/error-frames.js';
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Ack } from '../protocol/frames/ack.js';
import { type Login, MAIN_DEVICE } from '../protocol/frames/login.js';
import type { Message } from '../protocol/frames/message.js';
import { needsNoEscapes } from '../protocol/json-quote.js';
import { WIRE } from '../protocol/limits.js';
import { StaleClaim } from '../store/store.js';
import type { ServerDependencies } from './dependencies.js';
import { dispatch, dispatchMessages, outcomeOfError } from './dispatch.js';
import type { Outcome } from './handler.js';
import { Inbound } from './inbound.js';
import { SESSION } from './limits.js';
import { checkLogin } from './login-check.js';
import { Outbound } from './outbound.js';
import type { ListedSession, Notice } from './session-bus.js';
import type { SessionHandle } from './session-registry.js';
import { Activity, type AuthenticatedUser, checkAllowed, type Phase } from './session-rules.js';
import { TurnMessages } from './turn-messages.js';

/** The `bye` of a session that is closing: it is sent when all pending frames are answered. */
interface PendingBye {
  readonly reason: CloseReason;
  readonly retryAfterMs: number | undefined;
}

export class Connection implements TransportEvents, SessionHandle {
  #phase: Phase = 'new';
  #auth: AuthenticatedUser | undefined;
  #pendingBye: PendingBye | undefined;
  readonly #activity: Activity;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  /** Messages of this turn that no handler has yet. */
  readonly #messages = new TurnMessages();
  /** While a login is being checked: the frames received after it. */
  #afterLogin: Decoded<ClientFrame>[] | undefined;
  /** An ack that the store could not write yet. */
  #ackToRetry: Ack | undefined;
  /** Frames that wait for their handler or its outcome, and their size. */
  #pendingFrames = 0;
  #pendingBytes = 0;
  /** Until then `tick` has nothing to do, unless something is received or noticed: nearly all connections are idle. Monotonic, ms. */
  #quietUntil = 0;
  /** The user for whom this connection takes a place, from the moment when the token is right. */
  #place: string | undefined;

  constructor(
    readonly session: string,
    private readonly transport: Transport,
    private readonly peer: Peer,
    private readonly deps: ServerDependencies,
    /** Called once, when the transport is closed and no frame is pending. */
    private readonly onGone: (connection: Connection) => void,
  ) {
    this.#activity = new Activity(deps.clock.monotonic());
    this.#outbound = new Outbound(transport, deps, this);
    this.#inbound = new Inbound(transport, deps, this);
  }

  get fence(): number | undefined {
    return this.#auth?.mode === 'chat' ? this.#auth.fence : undefined;
  }

  get device(): string {
    return this.#auth?.device ?? MAIN_DEVICE;
  }

  get replayRoom(): number {
    return this.#outbound.replayRoom;
  }

  get listed(): ListedSession | undefined {
    if (this.#auth === undefined) return undefined;
    const { identity, mode, device, sender } = this.#auth;
    const chat = mode === 'chat' && { chat: { device, cursor: this.#outbound.window?.cursor ?? 0 } };
    return { user: identity.user, sender, ...chat };
  }

  // Inbound: transport → codec → session rules → handler.

  received(text: string | undefined, bytes: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#quietUntil = 0;
    this.#activity.received(this.deps.turns.beganAt); // R13
    this.#inbound.received(text, bytes);
  }

  /** For the inbound path: what it received, now or in an earlier turn. */
  handle(text: string | undefined, bytes: number): number {
    if (this.#phase === 'closing' || this.#phase === 'closed') return 0;
    if (text === undefined) {
      this.#passOver(); // R2: a binary message
      return 1;
    }
    const items = decodeClientText(text);
    const isPlain = needsNoEscapes(text);
    try {
      for (const item of items) {
        if (this.#afterLogin !== undefined) this.#afterLogin.push(item);
        else this.#handleItem(item, bytes / items.length, isPlain);
      }
    } catch (error) {
      this.#fail(error); // a bug must not be thrown into the transport
    }
    return items.length;
  }

  get isDrained(): boolean {
    return (
      this.#pendingFrames <= SESSION.maxPendingFrames / 2 &&
      this.#pendingBytes <= SESSION.maxPendingBytes / 2 &&
      !this.#outbound.isStalled // a peer that does not read is not read from
    );
  }

  /** @param isPlain see `Batch.isPlain`. */
  #handleItem(item: Decoded<ClientFrame>, bytes: number, isPlain: boolean): void {
    if (item.type === 'passed-over') this.#passOver();
    else if (item.type !== 'refused') this.#handleFrame(item, bytes, isPlain);
    else if (this.#phase === 'ready') this.#reply(invalidFieldError(item));
    else this.#passOver(); // R1: an invalid frame before login, or after a login that failed
  }

  #handleFrame(frame: ClientFrame, bytes: number, isPlain: boolean): void {
    switch (checkAllowed(this.#phase, this.#auth?.mode, frame.type)) {
      case 'handle':
        if (frame.type === 'message') this.#addMessage(frame, bytes, isPlain);
        else {
          if (frame.type === 'own') this.#inbound.countMessage(bytes); // It costs as much as a message.
          this.#runHandler(frame, bytes);
        }
        break;
      case 'pass':
        this.#passOver();
        break;
      case 'forbid':
        this.#reply(errorFrame('forbidden', 'id' in frame ? { id: frame.id } : {}));
        break;
      case 'violate':
        this.close('protocol-violation');
        break;
    }
  }

  /** Ignores and counts what was received (R2). */
  #passOver(): void {
    this.deps.metrics.passedOver++;
    const reason = this.#activity.passedOver(this.deps.clock.monotonic());
    if (reason !== undefined) this.close(reason);
  }

  /** Messages in a row wait for each other until the end of this turn: what goes to one target is handled together. */
  #addMessage(frame: Message, bytes: number, isPlain: boolean): void {
    this.#inbound.countMessage(bytes);
    this.#pend(1, bytes);
    if (this.#messages.count === 0) queueMicrotask(() => this.#handleMessages());
    this.#messages.add(frame, bytes, isPlain);
    if (this.#messages.count === WIRE.maxIdsPerFrame) this.#handleMessages();
  }

  #handleMessages(): void {
    if (this.#messages.count === 0) return;
    for (const group of this.#messages.take()) {
      const { frames, bytes } = group;
      try {
        if (this.#auth === undefined) throw new Error('a message was allowed before login');
        const session = { auth: this.#auth, now: this.deps.clock.now() };
        this.#await(dispatchMessages(group, session, this.deps), frames, bytes);
      } catch (error) {
        this.#failed(error, frames, bytes);
      }
    }
  }

  #runHandler(frame: Exclude<ClientFrame, Message>, bytes: number): void {
    this.#handleMessages(); // They came before it.
    const now = this.deps.clock.now();
    if (frame.type === 'login') {
      this.#afterLogin = [];
      this.#pend(1, bytes);
      this.#await(this.#checkLogin(frame), [frame], bytes);
      return;
    }
    if (this.#auth === undefined) throw new Error(`${frame.type} was allowed before login`);
    const { pushed = 0, settled = 0, pushes = [] } = this.#outbound.window ?? {};
    const outcome = dispatch(frame, { auth: this.#auth, pushed, acked: settled, pushes, now }, this.deps);
    if (outcome instanceof Promise) {
      this.#pend(1, bytes);
      this.#await(outcome, [frame], bytes);
    } else this.#apply(outcome);
  }

  #pend(frames: number, bytes: number): void {
    this.#pendingFrames += frames;
    this.#pendingBytes += bytes;
    if (this.#pendingFrames >= SESSION.maxPendingFrames || this.#pendingBytes >= SESSION.maxPendingBytes)
      this.#inbound.block();
  }

  /** @param frames pending ones. */
  #await(outcome: Outcome | Promise<Outcome>, frames: readonly ClientFrame[], bytes: number): void {
    if (!(outcome instanceof Promise)) {
      this.#apply(outcome);
      this.#done(frames.length, bytes);
      return;
    }
    outcome.then(
      (value) => {
        this.#apply(value);
        this.#done(frames.length, bytes);
      },
      (error: unknown) => this.#failed(error, frames, bytes),
    );
  }

  #failed(error: unknown, frames: readonly ClientFrame[], bytes: number): void {
    const outcome = outcomeOfError(error, frames);
    if (outcome === undefined) this.#fail(error);
    else this.#apply(outcome);
    this.#done(frames.length, bytes);
  }

  #done(frames: number, bytes: number): void {
    this.#pendingFrames -= frames;
    this.#pendingBytes -= bytes;
    this.#inbound.resume();
    if (this.#pendingFrames > 0) return;
    if (this.#pendingBye !== undefined) this.#sendBye(this.#pendingBye);
    if (this.#phase === 'closed') this.#gone();
  }

  // Outbound: the outcomes of handlers, and notices from other sessions.

  #apply(outcome: Outcome): void {
    const isAccepted = outcome.auth === undefined || this.#logIn(outcome.auth, outcome);
    if (outcome.retryAck !== undefined) this.#ackToRetry = outcome.retryAck;
    if (outcome.acked !== undefined) this.#outbound.ack(outcome.acked);
    if (outcome.delivered !== undefined) this.deps.metrics.messagesDelivered += outcome.delivered;
    if (isAccepted) for (const reply of outcome.replies ?? []) this.#reply(reply);
    // Even if this connection is closed by now: the messages are stored, and a newer login has taken the mailbox.
    for (const { user, notice } of outcome.notices ?? []) this.deps.bus.publish(user, notice);
    if (outcome.close !== undefined) this.close(outcome.close);
    const afterLogin = this.#afterLogin;
    this.#afterLogin = undefined;
    for (const item of afterLogin ?? []) this.#handleItem(item, 0, false);
  }

  #checkLogin(frame: Login): Promise<Outcome> {
    const { session, peer, deps } = this;
    const takePlace = (user: string): void => {
      this.#place = user;
    };
    return checkLogin(frame, { session, peer, isGone: () => this.#phase !== 'new', takePlace }, deps);
  }

  /** R4: from now on the server can push to this user. Returns false when the session must not get a `welcome`. */
  #logIn(auth: AuthenticatedUser, { claim }: Outcome): boolean {
    const isCurrent = this.deps.accounts.isCurrent(auth.identity);
    if (this.#phase !== 'new' || !isCurrent) {
      if (claim !== undefined) this.#outbound.neverOpened(auth);
      if (!isCurrent) this.close('revoked'); // R7: revoked after it was verified, when there was no session yet to notify
      return false;
    }
    this.#phase = 'ready';
    this.#auth = auth;
    const { mode, device, agent, identity } = auth;
    const { user } = identity;
    this.#inbound.limit(this.deps.rates.of(user, this.deps.clock.monotonic()));
    if (claim !== undefined) this.#outbound.open(auth, claim);
    this.peer.trust();
    this.deps.sessions.add(user, this);
    this.deps.log.info('logged in', { session: this.session, user, mode, device, peer: this.peer.address, agent });
    if (claim?.isRestored) this.deps.log.warn('mailbox went back', { user, epoch: claim.epoch, last: claim.last });
    if (claim && claim.missed > 0)
      this.deps.log.warn('messages no longer kept', { user, device, missed: claim.missed });
    for (const dropped of claim?.dropped ?? []) this.deps.log.warn('device dropped', { user, device: dropped });
    return (this.#phase as Phase) === 'ready'; // R6: the registry closes this session if it has a newer one already
  }

  #reply(frame: ServerFrame): void {
    if (this.#phase === 'closed') return;
    this.deps.metrics.replied(frame);
    this.#outbound.add(frame);
  }

  notice(notice: Notice): void {
    this.#quietUntil = 0;
    switch (notice.type) {
      case 'nudge':
        this.#outbound.nudge();
        break;
      case 'redeliver':
        this.#outbound.redeliver();
        break;
      case 'replay':
        this.#outbound.replay(notice.replay, notice.seqs);
        break;
      case 'delivered':
        this.#reply({ type: 'delivered', to: notice.to, ids: notice.ids });
        break;
      case 'read': {
        const { device, from, epoch, seq } = notice;
        if (device !== this.device) this.#reply({ type: 'read', from, epoch, seq });
        break;
      }
      case 'purged':
      case 'unsent':
        for (const id of notice.ids) this.#reply(errorFrame(notice.type, { id, to: notice.to }));
        break;
      case 'takeover':
        if ((this.fence ?? notice.fence) < notice.fence) this.close('replaced'); // R6
        break;
      case 'outbox-takeover': {
        const { outbox, fence = 0 } = this.#auth?.sender ?? {};
        if (outbox === notice.outbox && fence < notice.fence) this.close('replaced'); // R16
        break;
      }
      case 'device-removed':
        this.close('device-removed');
        break;
      case 'revoked':
        // R7: other tokens of the user may still be valid.
        if (this.#auth && !this.deps.accounts.isCurrent(this.#auth.identity)) this.close('revoked');
        break;
    }
  }

  /** For the outbound path. */
  readFailed(error: unknown): void {
    if (error instanceof StaleClaim)
      this.close('replaced'); // R6
    else this.#fail(error);
  }

  fellBehind(): void {
    this.close('slow-consumer');
  }

  // Deadlines, and the end.

  /** Called about every second. @param now monotonic, ms. */
  tick(now: number): void {
    if (now < this.#quietUntil) return;
    const reason = this.#activity.overdue(now, this.#phase, this.transport.bufferedBytes);
    if (reason !== undefined) this.close(reason);
    const ack = this.#ackToRetry;
    if (ack !== undefined && this.#phase === 'ready') {
      this.#ackToRetry = undefined;
      this.#runHandler(ack, 0);
    }
    this.#outbound.tick();
    this.#inbound.resume();
    if (this.#outbound.isStalled) this.#inbound.block();
    if (this.#isQuiet) this.#quietUntil = this.#activity.idleAt;
  }

  /** Nothing is pending, buffered, waiting or unacked: only a frame or a notice changes that. */
  get #isQuiet(): boolean {
    return (
      this.#phase === 'ready' &&
      this.#pendingFrames === 0 &&
      this.#ackToRetry === undefined &&
      this.#inbound.isQuiet &&
      this.#outbound.isQuiet
    );
  }

  /** Takes no more frames, answers the pending ones, sends `bye` and closes. Later calls do nothing. */
  close(reason: CloseReason, retryAfterMs?: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#phase = 'closing';
    this.#leave();
    this.deps.metrics.closed(reason);
    this.deps.log.info('session closed', { session: this.session, user: this.#auth?.identity.user, reason });
    this.#pendingBye = { reason, retryAfterMs };
    if (this.#pendingFrames === 0) this.#sendBye(this.#pendingBye);
  }

  #sendBye({ reason, retryAfterMs }: PendingBye): void {
    this.#pendingBye = undefined;
    this.#reply({ type: 'bye', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    this.#outbound.flush();
    this.transport.close(CLOSES[reason].code, CLOSES[reason].description);
  }

  closed(code: number, reason: string): void {
    for (const { text, bytes } of this.#inbound.takeWaiting()) this.handle(text, bytes);
    if (this.#phase === 'ready') {
      this.deps.log.info('peer left', { session: this.session, user: this.#auth?.identity.user, code, reason });
    }
    this.#leave();
    this.#phase = 'closed';
    this.#afterLogin = undefined;
    this.#pendingBye = undefined;
    if (this.#pendingFrames === 0) this.#gone();
  }

  #gone(): void {
    if (this.#place !== undefined) this.deps.places.release(this.#place);
    this.onGone(this);
  }

  /** Leaves the registry and stops pushing. */
  #leave(): void {
    if (this.#auth === undefined) return;
    this.deps.sessions.remove(this.#auth.identity.user, this);
    this.#outbound.stop();
  }

  /** A bug or a broken store, not the fault of the peer or a full disk: only this connection is closed. */
  #fail(error: unknown): void {
    this.deps.log.error('session failed', error, { session: this.session, user: this.#auth?.identity.user });
    this.close('server-error');
  }
}
