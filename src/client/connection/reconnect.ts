/**
 * The state machine of a client's connection: when to dial, log in, send a heartbeat, give up, and retry with backoff.
 * Pure: events and times go in, actions come out. TRANSITIONS is the whole state graph.
 */
import { CLOSES, isCloseReason, isTerminal } from '../../protocol/close-codes.js';
import { CLIENT } from '../limits.js';

export type ReconnectState =
  /** Not started. */
  | 'idle'
  /** Dialled; the transport is not open yet. */
  | 'connecting'
  /** `login` is sent; no `welcome` yet. */
  | 'logging-in'
  | 'online'
  /** Between two attempts. */
  | 'waiting'
  /** Closed by the client; the transport is not closed yet. */
  | 'closing'
  /** Final. */
  | 'ended';

/** `timeout`, `silent` and mostly `retry` come from `tick`. `timeout`, `silent` and `fault` are also the public reason of the loss. */
export type ReconnectEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  | { readonly type: 'welcomed'; readonly heartbeatMs: number; readonly idleMs: number }
  /** The transport is closed. */
  | { readonly type: 'closed'; readonly code: number; readonly detail: string }
  /** The server broke the protocol: give up this connection. */
  | { readonly type: 'fault'; readonly detail: string }
  /** The owner ends the client. */
  | { readonly type: 'stop'; readonly reason: string }
  /** Connecting, logging in or closing took too long. */
  | { readonly type: 'timeout' }
  /** Nothing was received for `idleMs`. */
  | { readonly type: 'silent' }
  /** The backoff is over, or the user does not want to wait for its end. */
  | { readonly type: 'retry' };

export type ReconnectAction =
  /** `attempt` counts from 1 since the last time the client was online for `backoffResetMs`. */
  | { readonly type: 'dial'; readonly attempt: number }
  | { readonly type: 'login' }
  | { readonly type: 'heartbeat' }
  /** Start the closing handshake. */
  | { readonly type: 'close' }
  /** Cut the transport, and ignore it from now on. */
  | { readonly type: 'cut' }
  | ({ readonly type: 'wait'; readonly retryInMs: number } & ConnectionLoss)
  | ({ readonly type: 'end' } & ConnectionEnd);

/** Why a connection, or an attempt to connect, failed. */
export interface ConnectionLoss {
  /** The reason of the close code; `timeout`, `silent`, `fault`; or `lost` when nothing better is known. */
  readonly reason: string;
  /** The WebSocket close code; 1006 when there was no close frame. */
  readonly code: number;
  /** The text from the system or the server, for people. May be empty. */
  readonly detail: string;
}

/** Why the client ended: the loss that ended it, or the reason given to `stop`. */
export interface ConnectionEnd extends Partial<ConnectionLoss> {
  readonly reason: string;
}

/** The next state for each event; an event that is not listed is ignored. `waiting` becomes `ended` if the loss is final. */
export const TRANSITIONS: Readonly<
  Record<ReconnectState, Readonly<Partial<Record<ReconnectEvent['type'], ReconnectState>>>>
> = {
  idle: { start: 'connecting', stop: 'ended' },
  connecting: { opened: 'logging-in', closed: 'waiting', timeout: 'waiting', stop: 'closing' },
  'logging-in': { welcomed: 'online', closed: 'waiting', timeout: 'waiting', fault: 'waiting', stop: 'closing' },
  online: { closed: 'waiting', silent: 'waiting', fault: 'waiting', stop: 'closing' },
  waiting: { retry: 'connecting', stop: 'ended' },
  closing: { closed: 'ended', timeout: 'ended' },
  ended: {},
};

export class Reconnect {
  #state: ReconnectState = 'idle';
  /** The deadline of the state. While `online` there are two others: see `nextDeadline`. */
  #dueAt = Number.POSITIVE_INFINITY;
  #lastActivityAt = 0;
  #idleMs = 0;
  #heartbeatAt = Number.POSITIVE_INFINITY;
  #heartbeatMs = 0;
  #onlineSince = 0;
  /** Failed attempts since the client was last online for `backoffResetMs`. */
  #failures = 0;
  #bye: { readonly reason: string; readonly retryAfterMs: number | undefined } | undefined;
  #stopReason = 'closed';

  /** @param reconnects whether to reconnect after a loss that is not final. @param random 0 ≤ random < 1, for the jitter. */
  constructor(
    private readonly reconnects: boolean,
    private readonly random: () => number,
  ) {}

  get state(): ReconnectState {
    return this.#state;
  }

  /** When to call `tick`; Infinity: never. Calling it earlier or later is harmless. */
  nextDeadline(): number {
    if (this.#state !== 'online') return this.#dueAt;
    return Math.min(this.#heartbeatAt, this.#lastActivityAt + this.#idleMs);
  }

  /** Something was received: the server is alive. It answers every heartbeat, so an idle connection has activity as well. */
  noteActivity(now: number): void {
    this.#lastActivityAt = now;
  }

  /** The `bye` frame: why the server is about to close, and when to come back. */
  bye(reason: string, retryAfterMs: number | undefined): void {
    this.#bye = { reason, retryAfterMs };
  }

  handle(event: ReconnectEvent, now: number): ReconnectAction[] {
    const next = TRANSITIONS[this.#state][event.type];
    if (next === undefined) return [];
    const from = this.#state;
    this.#state = next;
    switch (next) {
      case 'connecting':
        this.#dueAt = now + CLIENT.connectTimeoutMs; // for connecting and logging in together
        this.#bye = undefined;
        return [{ type: 'dial', attempt: this.#failures + 1 }];
      case 'logging-in':
        return [{ type: 'login' }];
      case 'online':
        if (event.type === 'welcomed') this.#welcomed(event.heartbeatMs, event.idleMs, now);
        return [];
      case 'waiting':
        return this.#lost(from, event, now);
      case 'closing':
        if (event.type === 'stop') this.#stopReason = event.reason;
        this.#dueAt = now + CLIENT.connectTimeoutMs;
        return [{ type: 'close' }];
      default:
        if (event.type === 'stop') this.#stopReason = event.reason;
        this.#dueAt = Number.POSITIVE_INFINITY;
        return [
          ...(event.type === 'timeout' ? [{ type: 'cut' } as const] : []),
          { type: 'end', reason: this.#stopReason },
        ];
    }
  }

  /** Handles the deadlines that have passed. */
  tick(now: number): ReconnectAction[] {
    if (now < this.nextDeadline()) return [];
    if (this.#state === 'waiting') return this.handle({ type: 'retry' }, now);
    if (this.#state !== 'online') return this.handle({ type: 'timeout' }, now);
    if (now >= this.#lastActivityAt + this.#idleMs) return this.handle({ type: 'silent' }, now);
    this.#heartbeatAt = now + this.#heartbeatMs; // R13: the client sends heartbeats
    return [{ type: 'heartbeat' }];
  }

  #welcomed(heartbeatMs: number, idleMs: number, now: number): void {
    this.#heartbeatMs = heartbeatMs;
    this.#idleMs = idleMs;
    this.#onlineSince = now;
    this.#lastActivityAt = now;
    this.#heartbeatAt = now + heartbeatMs;
  }

  #lost(from: ReconnectState, event: ReconnectEvent, now: number): ReconnectAction[] {
    const loss = lossOf(event, this.#bye?.reason);
    const cut: ReconnectAction[] = event.type === 'closed' ? [] : [{ type: 'cut' }];
    if (!this.reconnects || isTerminal(loss.code)) {
      this.#state = 'ended';
      this.#dueAt = Number.POSITIVE_INFINITY;
      return [...cut, { type: 'end', ...loss, reason: isTerminal(loss.code) ? loss.reason : 'lost' }];
    }
    if (from === 'online' && now - this.#onlineSince >= CLIENT.backoffResetMs) this.#failures = 0;
    const ceiling = Math.min(CLIENT.backoffCapMs, CLIENT.backoffBaseMs * 2 ** this.#failures);
    const jittered = Math.floor(this.random() * ceiling);
    const retryInMs = Math.min(this.#bye?.retryAfterMs ?? jittered, CLIENT.maxRetryAfterMs);
    this.#failures += 1;
    this.#dueAt = now + retryInMs;
    return [...cut, { type: 'wait', retryInMs, ...loss }];
  }
}

/**
 * The reason in `bye` counts first, also when the close frame after it is lost; then the close code; then the event. The
 * reason of a newer server may be unknown here: then the close code decides whether to come back.
 */
function lossOf(event: ReconnectEvent, bye: string | undefined): ConnectionLoss {
  const { code, detail } = event.type === 'closed' ? event : { code: NO_CLOSE_FRAME, detail: '' };
  if (bye !== undefined) return { reason: bye, code: isCloseReason(bye) ? CLOSES[bye].code : code, detail };
  if (event.type === 'closed') return { reason: REASONS.get(code) ?? 'lost', code, detail };
  return { reason: event.type, code, detail: event.type === 'fault' ? event.detail : '' };
}

const NO_CLOSE_FRAME = 1006;

/** The reason of each close code. */
const REASONS: ReadonlyMap<number, string> = new Map(
  Object.entries(CLOSES).map(([reason, { code }]) => [code, reason]),
);
