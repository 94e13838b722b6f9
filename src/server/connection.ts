/**
 * One connection: wiring between its wire, its session and the handlers. It decides nothing that a pure neighbour can decide:
 * session.ts says what is allowed and what is overdue, the handlers what should leave, outbound.ts when it leaves.
 */
import type { Peer, Transport, TransportEvents } from '../io/transport.js';
import { CLOSES, type CloseReason } from '../protocol/close-codes.js';
import { type Decoded, decodeClientText } from '../protocol/codec.js';
import { errorFrame, invalidFieldError } from '../protocol/error-frames.js';
import type { ClientFrame, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Ack } from '../protocol/frames/ack.js';
import { noteAttempt } from './delivery-attempts.js';
import type { ServerDependencies } from './dependencies.js';
import { dispatch, toOutcome } from './dispatch.js';
import type { Outcome } from './handler-outcome.js';
import { login } from './handlers/login.js';
import { SESSION } from './limits.js';
import { Outbound } from './outbound.js';
import type { Notice } from './session-bus.js';
import type { SessionHandle } from './session-registry.js';
import { Activity, type AuthenticatedUser, checkAllowed, type Phase } from './session-rules.js';

/** Why and how a session ends, while what was begun is still being finished. */
interface Ending {
  readonly reason: CloseReason;
  readonly retryAfterMs: number | undefined;
}

export class Connection implements TransportEvents, SessionHandle {
  #phase: Phase = 'new';
  #auth: AuthenticatedUser | undefined;
  #ending: Ending | undefined;
  readonly #activity: Activity;
  readonly #outbound: Outbound;
  /** Frames that wait for the login before them. */
  #held: Decoded<ClientFrame>[] | undefined;
  /** An ack that could not be kept yet. */
  #again: Ack | undefined;
  #pendingFrames = 0;
  #pendingBytes = 0;
  #paused = false;

  constructor(
    readonly session: string,
    private readonly transport: Transport,
    private readonly peer: Peer,
    private readonly ports: ServerDependencies,
    /** Told once, when the connection is gone and nothing of it is being worked on any more. */
    private readonly onClosed: (connection: Connection) => void,
  ) {
    this.#activity = new Activity(ports.clock.monotonic());
    this.#outbound = new Outbound(transport, ports, (error) => this.#fail(error));
  }

  get fence(): number | undefined {
    return this.#auth?.mode === 'chat' ? this.#auth.fence : undefined;
  }

  get replayRoom(): number {
    return this.#outbound.replayRoom;
  }

  // In: wire → codec → session → handler.

  received(text: string | undefined, bytes: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#activity.received(this.ports.clock.monotonic()); // R13
    if (text === undefined) {
      this.#passOver(); // R2: binary
      return;
    }
    const items = decodeClientText(text);
    const share = bytes / items.length;
    try {
      for (const item of items) {
        if (this.#held !== undefined) this.#held.push(item);
        else this.#take(item, share);
      }
    } catch (error) {
      this.#fail(error); // a bug in what is synchronous must not reach the wire
    }
  }

  #take(item: Decoded<ClientFrame>, bytes: number): void {
    if (item.type === 'passed-over') this.#passOver();
    else if (item.type !== 'refused') this.#check(item, bytes);
    else if (this.#phase === 'ready') this.#reply(invalidFieldError(item));
    else this.#passOver(); // R1: not a valid login; or behind one that failed
  }

  #check(frame: ClientFrame, bytes: number): void {
    switch (checkAllowed(this.#phase, this.#auth?.mode, frame.type)) {
      case 'handle':
        this.#handle(frame, bytes);
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

  #passOver(): void {
    this.ports.metrics.passedOver++;
    const reason = this.#activity.passedOver(this.ports.clock.monotonic());
    if (reason !== undefined) this.close(reason);
  }

  #handle(frame: ClientFrame, bytes: number): void {
    const now = this.ports.clock.now();
    if (frame.type === 'login') {
      this.#held = [];
      this.#await(login(frame, { session: this.session, now }, this.ports), frame, bytes);
      return;
    }
    if (this.#auth === undefined) throw new Error(`${frame.type} was let through before login`);
    const { pushed = 0, acked: settled = 0, turns = [] } = this.#outbound.window ?? {};
    const outcome = dispatch(frame, { auth: this.#auth, pushed, settled, turns, now }, this.ports);
    if (outcome instanceof Promise) this.#await(outcome, frame, bytes);
    else this.#apply(outcome);
  }

  #await(outcome: Promise<Outcome>, frame: ClientFrame, bytes: number): void {
    this.#pendingFrames++;
    this.#pendingBytes += bytes;
    // A flood is slowed down by not reading the socket, not by dropping.
    if (this.#pendingFrames >= SESSION.maxPendingFrames || this.#pendingBytes >= SESSION.maxPendingBytes) this.#pause();
    outcome.then(
      (value) => {
        this.#apply(value);
        this.#finished(bytes);
      },
      (error: unknown) => {
        const excused = toOutcome(error, frame);
        if (excused === undefined) this.#fail(error);
        else this.#apply(excused);
        this.#finished(bytes);
      },
    );
  }

  #finished(bytes: number): void {
    this.#pendingFrames--;
    this.#pendingBytes -= bytes;
    if (this.#paused) this.#resumeWhenEased();
    if (this.#pendingFrames > 0) return;
    if (this.#ending !== undefined) this.#sayBye(this.#ending);
    if (this.#phase === 'closed') this.onClosed(this);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.transport.pause();
  }

  #resumeWhenEased(): void {
    const isEased =
      this.#pendingFrames <= SESSION.maxPendingFrames / 2 && this.#pendingBytes <= SESSION.maxPendingBytes / 2;
    if (!isEased || this.#outbound.isStalled) return;
    this.#paused = false;
    this.transport.resume();
  }

  // Out: what the handlers returned, and what other sessions tell this one.

  #apply(outcome: Outcome): void {
    const isWelcome = outcome.auth === undefined || this.#enter(outcome.auth, outcome);
    if (outcome.retryAck !== undefined) this.#again = outcome.retryAck;
    if (outcome.settled !== undefined) this.#outbound.settle(outcome.settled);
    if (isWelcome) for (const reply of outcome.replies ?? []) this.#reply(reply);
    // Also when this connection is gone by now: what was stored is stored, and a newer login is the newer one.
    for (const { user, notice } of outcome.notices ?? []) this.ports.bus.publish(user, notice);
    if (outcome.close !== undefined) this.close(outcome.close);
    const held = this.#held;
    this.#held = undefined;
    for (const item of held ?? []) this.#take(item, 0);
  }

  /** R4: from here on the server can push to this user at any time. Returns false when the login comes too late. */
  #enter(auth: AuthenticatedUser, { claim }: Outcome): boolean {
    if (this.#phase !== 'new') return false;
    if (!this.ports.accounts.isCurrent(auth.identity)) {
      this.close('revoked'); // R7: after it was verified, and before anyone could be told of it
      return false;
    }
    this.#phase = 'ready';
    this.#auth = auth;
    const { user } = auth.identity;
    if (claim !== undefined) this.#outbound.open(user, claim);
    this.peer.trust();
    this.ports.sessions.enter(user, this);
    const { mode, agent } = auth;
    this.ports.log.info('logged in', { session: this.session, user, mode, peer: this.peer.address, agent });
    return (this.#phase as Phase) === 'ready'; // R6: a newer session may be there already, and ends this one
  }

  #reply(frame: ServerFrame): void {
    if (this.#phase === 'closed') return;
    this.ports.metrics.replied(frame);
    this.#outbound.add(frame);
  }

  notice(notice: Notice): void {
    switch (notice.type) {
      case 'nudge':
        this.#outbound.nudge();
        break;
      case 'again':
        this.#outbound.pushAgain();
        break;
      case 'replay':
        this.#outbound.replay(notice.replay, notice.seqs);
        break;
      case 'delivered':
        this.#reply({ type: 'delivered', to: notice.to, ids: notice.ids });
        break;
      case 'purged':
        for (const id of notice.ids) this.#reply(errorFrame('purged', { id, to: notice.to }));
        break;
      case 'takeover':
        if ((this.fence ?? notice.fence) < notice.fence) this.close('replaced'); // R6
        break;
      case 'revoked':
        this.close('revoked'); // R7
        break;
    }
  }

  // Time, and the end.

  /** Called about every second for every connection. */
  tick(now: number): void {
    const reason = this.#activity.overdue(now, this.#phase, this.transport.bufferedBytes);
    if (reason !== undefined) this.close(reason);
    this.#outbound.tick();
    this.#tryAgain();
    const { window } = this.#outbound;
    if (this.#auth && window?.isStuck(this.ports.clock.now())) noteAttempt(window, this.#auth, this.ports);
    if (this.#paused) this.#resumeWhenEased();
    else if (this.#outbound.isStalled) this.#pause(); // who does not read is not read from
  }

  #tryAgain(): void {
    const ack = this.#again;
    if (ack === undefined || this.#phase !== 'ready') return;
    this.#again = undefined;
    this.#handle(ack, 0);
  }

  /** Takes nothing more, finishes what was begun, says `bye` and closes. Later calls do nothing. */
  close(reason: CloseReason, retryAfterMs?: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#phase = 'closing';
    this.#leave();
    this.ports.metrics.closed(reason);
    this.ports.log.info('session closed', { session: this.session, user: this.#auth?.identity.user, reason });
    const ending: Ending = { reason, retryAfterMs };
    if (this.#pendingFrames === 0) this.#sayBye(ending);
    else this.#ending = ending;
  }

  #sayBye({ reason, retryAfterMs }: Ending): void {
    this.#ending = undefined;
    this.#reply({ type: 'bye', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    this.#outbound.flush();
    this.transport.close(CLOSES[reason].code, CLOSES[reason].description);
  }

  closed(code: number, reason: string): void {
    if (this.#phase === 'ready') {
      this.ports.log.info('peer left', { session: this.session, user: this.#auth?.identity.user, code, reason });
    }
    this.#leave();
    this.#phase = 'closed';
    this.#held = undefined;
    this.#ending = undefined;
    if (this.#pendingFrames === 0) this.onClosed(this);
  }

  /** The session is nobody's any more. */
  #leave(): void {
    if (this.#auth === undefined) return;
    this.ports.sessions.leave(this.#auth.identity.user, this);
    const window = this.#outbound.stop();
    if (window !== undefined && window.pushed > window.acked) noteAttempt(window, this.#auth, this.ports);
  }

  /** Neither the peer nor a full disk caused this: a bug, or a broken store. This connection ends, the server lives. */
  #fail(error: unknown): void {
    this.ports.log.error('session failed', error, { session: this.session, user: this.#auth?.identity.user });
    this.close('server-error');
  }
}
