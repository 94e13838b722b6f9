/**
 * The reconnect machine: when to dial, log in, send a heartbeat, give up an attempt, come back, and when not to.
 * Pure: events and times go in, actions come out. The tables say everything that can happen.
 */
import { CLOSES, type CloseReason, isTerminal } from '../protocol/close-codes.js';
import { CLIENT } from './limits.js';

export type ReconnectState =
  /** Not begun. */
  | 'idle'
  /** Dialled; not yet connected. */
  | 'connecting'
  /** Connected, `login` sent; not yet welcome. */
  | 'opening'
  /** Logged in. */
  | 'online'
  /** Between two attempts. */
  | 'waiting'
  /** Closed by us; the wire is not gone yet. */
  | 'closing'
  /** Nothing more will happen. */
  | 'ended';

/** What happens to a link. `timeout`, `silent` and `due` come from `tick`. */
export type ReconnectEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  | { readonly type: 'welcomed'; readonly heartbeatMs: number; readonly idleMs: number }
  /** The wire is gone. */
  | { readonly type: 'closed'; readonly code: number; readonly detail: string }
  /** The peer broke the protocol: this connection is worth nothing. */
  | { readonly type: 'fault'; readonly detail: string }
  /** The owner wants no more. */
  | { readonly type: 'stop'; readonly reason: string }
  /** Connecting, logging in or closing takes too long. */
  | { readonly type: 'timeout' }
  /** Nothing was received for too long. */
  | { readonly type: 'silent' }
  /** The back-off is over. */
  | { readonly type: 'due' };

export type ReconnectAction =
  /** `attempt` counts from 1 since the last time it was online for long enough. */
  | { readonly type: 'dial'; readonly attempt: number }
  | { readonly type: 'login' }
  | { readonly type: 'heartbeat' }
  /** A closing handshake, begun by us. */
  | { readonly type: 'close' }
  /** The wire is worth nothing: cut it, and listen to it no more. */
  | { readonly type: 'cut' }
  | ({ readonly type: 'wait'; readonly retryInMs: number } & ConnectionLoss)
  | ({ readonly type: 'end' } & ConnectionEnd);

/** How a connection was lost. */
export interface ConnectionLoss {
  /** The word of the close table; `timeout`, `silent`, `fault`; or `lost` when nothing better is known. */
  readonly reason: string;
  /** The WebSocket's close code; 1006 when there was no close frame. */
  readonly code: number;
  /** More, for people: what the system or the peer said. May be empty. */
  readonly detail: string;
}

/** Why a link ended: the loss that ended it, or the reason given to `stop`. */
export interface ConnectionEnd extends Partial<ConnectionLoss> {
  readonly reason: string;
}

type LinkEventType = ReconnectEvent['type'];

/** Where each event leads. An event that is not listed changes nothing. A `waiting` that may not come back is `ended`. */
export const TRANSITIONS: Readonly<Record<ReconnectState, Readonly<Partial<Record<LinkEventType, ReconnectState>>>>> = {
  idle: { start: 'connecting', stop: 'ended' },
  connecting: { opened: 'opening', closed: 'waiting', timeout: 'waiting', stop: 'closing' },
  opening: { welcomed: 'online', closed: 'waiting', timeout: 'waiting', fault: 'waiting', stop: 'closing' },
  online: { closed: 'waiting', silent: 'waiting', fault: 'waiting', stop: 'closing' },
  waiting: { due: 'connecting', stop: 'ended' },
  closing: { closed: 'ended', timeout: 'ended' },
  ended: {},
};

/** What may be due in each state, and the event it is. */
const DEADLINES: Readonly<Record<ReconnectState, LinkEventType | undefined>> = {
  idle: undefined,
  connecting: 'timeout',
  opening: 'timeout',
  online: 'silent',
  waiting: 'due',
  closing: 'timeout',
  ended: undefined,
};

interface ReconnectOptions {
  /** Whether to come back after a loss that is not terminal. */
  readonly reconnect: boolean;
  /** 0 ≤ random < 1, for the jitter. */
  readonly random: () => number;
}

export class Reconnect {
  #state: ReconnectState = 'idle';
  /** When the state's own deadline falls due; in `online` it is counted from the last thing heard. */
  #dueAt = Number.POSITIVE_INFINITY;
  #heardAt = 0;
  #idleMs = 0;
  #heartbeatAt = Number.POSITIVE_INFINITY;
  #heartbeatMs = 0;
  #onlineSince = 0;
  /** Attempts that ended since it was last online for long enough. */
  #failures = 0;
  #bye: { readonly reason: CloseReason; readonly retryAfterMs: number | undefined } | undefined;
  #stopReason = 'closed';

  constructor(private readonly options: ReconnectOptions) {}

  get state(): ReconnectState {
    return this.#state;
  }

  /** When `tick` should be called next. Later is harmless, earlier too. */
  nextDeadline(): number {
    if (this.#state !== 'online') return this.#dueAt;
    return Math.min(this.#heartbeatAt, this.#heardAt + this.#idleMs);
  }

  /** Anything at all was received: the peer lives. The server answers every heartbeat, so a live one is heard in time. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** The server says why it will close, and when to come back. */
  bye(reason: CloseReason, retryAfterMs: number | undefined): void {
    this.#bye = { reason, retryAfterMs };
  }

  handle(event: ReconnectEvent, now: number): ReconnectAction[] {
    const next = TRANSITIONS[this.#state][event.type];
    if (next === undefined) return [];
    const from = this.#state;
    this.#state = next;
    switch (next) {
      case 'connecting':
        this.#dueAt = now + CLIENT.connectTimeoutMs; // for connecting and login together
        this.#bye = undefined;
        return [{ type: 'dial', attempt: this.#failures + 1 }];
      case 'opening':
        return [{ type: 'login' }];
      case 'online':
        if (event.type === 'welcomed') this.#welcomed(event.heartbeatMs, event.idleMs, now);
        return [];
      case 'waiting':
        return this.#lose(from, event, now);
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

  /** Does what is due. Calling it early, late or twice is harmless. */
  tick(now: number): ReconnectAction[] {
    if (now < this.nextDeadline()) return [];
    const due = DEADLINES[this.#state];
    if (this.#state !== 'online') return due === undefined ? [] : this.handle({ type: due } as ReconnectEvent, now);
    if (now >= this.#heardAt + this.#idleMs) return this.handle({ type: 'silent' }, now);
    this.#heartbeatAt = now + this.#heartbeatMs; // R13
    return [{ type: 'heartbeat' }];
  }

  #welcomed(heartbeatMs: number, idleMs: number, now: number): void {
    this.#heartbeatMs = heartbeatMs;
    this.#idleMs = idleMs;
    this.#onlineSince = now;
    this.#heardAt = now;
    this.#heartbeatAt = now + heartbeatMs;
  }

  /** The connection is lost: come back after a while, unless its end is terminal. */
  #lose(from: ReconnectState, event: ReconnectEvent, now: number): ReconnectAction[] {
    const loss = lossOf(event, this.#bye?.reason);
    const cut: ReconnectAction[] = event.type === 'closed' ? [] : [{ type: 'cut' }];
    if (!this.options.reconnect || isTerminal(loss.code)) {
      this.#state = 'ended';
      this.#dueAt = Number.POSITIVE_INFINITY;
      return [...cut, { type: 'end', ...loss, reason: isTerminal(loss.code) ? loss.reason : 'lost' }];
    }
    if (from === 'online' && now - this.#onlineSince >= CLIENT.backoffResetMs) this.#failures = 0;
    const ceiling = Math.min(CLIENT.backoffCapMs, CLIENT.backoffBaseMs * 2 ** this.#failures);
    const jittered = Math.floor(this.options.random() * ceiling);
    const retryInMs = Math.min(this.#bye?.retryAfterMs ?? jittered, CLIENT.maxRetryAfterMs);
    this.#failures += 1;
    this.#dueAt = now + retryInMs;
    return [...cut, { type: 'wait', retryInMs, ...loss }];
  }
}

/** What `bye` said counts, also when the close frame after it got lost; else the close code, or which deadline passed. */
function lossOf(event: ReconnectEvent, bye: CloseReason | undefined): ConnectionLoss {
  const { code, detail } = event.type === 'closed' ? event : { code: NO_CLOSE_FRAME, detail: '' };
  if (bye !== undefined) return { reason: bye, code: CLOSES[bye].code, detail };
  if (event.type === 'closed') return { reason: WORDS.get(code) ?? 'lost', code, detail };
  return { reason: event.type, code, detail: event.type === 'fault' ? event.detail : '' };
}

const NO_CLOSE_FRAME = 1006;

const WORDS: ReadonlyMap<number, string> = new Map(Object.entries(CLOSES).map(([word, { code }]) => [code, word]));
