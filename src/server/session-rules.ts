/**
 * A session as data: its phase, who it is, and when it is overdue. Pure: time comes in as a number.
 * What may be said when is one table; docs/protocol.md is checked against it.
 */
import type { Identity } from '../accounts/accounts.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { ClientFrameType } from '../protocol/frame-catalogue.js';
import type { Mode } from '../protocol/frames/login.js';
import { WIRE } from '../protocol/limits.js';
import { SESSION } from './limits.js';

export type Phase = 'new' | 'ready' | 'closing' | 'closed';

/** Who is on the other end, known from the login on. */
export interface AuthenticatedUser {
  readonly identity: Identity;
  readonly mode: Mode;
  /** Names this session in `welcome` and in the log. */
  readonly session: string;
  /** The right to move the cursor; only in mode `chat`. */
  readonly fence: number;
  /** The client's own name and version, if it gave one. Untrusted: for the log only. */
  readonly agent?: string;
}

/** What to do with a frame: hand it to its handler, pass over it (R2), refuse it, or end the session (4503). */
export type Verdict = 'handle' | 'pass' | 'forbid' | 'violate';

/** Where a session stands: before login, or logged in with a mode. */
type Standing = 'new' | Mode;

export const ALLOWED: Readonly<Record<ClientFrameType, Readonly<Record<Standing, Verdict>>>> = {
  login: { new: 'handle', chat: 'violate', send: 'violate', operate: 'violate' },
  message: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  ack: { new: 'pass', chat: 'handle', send: 'violate', operate: 'violate' },
  status: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  heartbeat: { new: 'pass', chat: 'handle', send: 'handle', operate: 'handle' },
  account: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  queue: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  replay: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  restore: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  purge: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  audit: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
};

/** R1: before login only `login` has an effect. While a session closes, nothing has. */
export function checkAllowed(phase: Phase, mode: Mode | undefined, type: ClientFrameType): Verdict {
  switch (phase) {
    case 'new':
      return ALLOWED[type].new;
    case 'ready':
      return mode === undefined ? 'pass' : ALLOWED[type][mode];
    default:
      return 'pass';
  }
}

/** What a session has done lately: enough to say whether it is overdue. Times are ms on the monotonic clock. */
export class Activity {
  #receivedAt: number;
  #slowSince: number | undefined;
  #minute = 0;
  #passedOver = 0;

  constructor(readonly openedAt: number) {
    this.#receivedAt = openedAt;
  }

  /** Something arrived: it counts as life whatever it was (R13). */
  received(now: number): void {
    this.#receivedAt = now;
  }

  /** Something was passed over (R2). Returns why to close, once it is too much. */
  passedOver(now: number): CloseReason | undefined {
    const minute = Math.floor((now - this.openedAt) / 60_000);
    this.#passedOver = minute === this.#minute ? this.#passedOver + 1 : 1;
    this.#minute = minute;
    return this.#passedOver > SESSION.maxPassedOverPerMinute ? 'too-many-passed-over' : undefined;
  }

  /** Looks at every deadline. Asking twice, late or early does no harm. */
  overdue(now: number, phase: Phase, bufferedBytes: number): CloseReason | undefined {
    this.#slowSince = bufferedBytes > SESSION.maxBufferedBytes ? (this.#slowSince ?? now) : undefined;
    if (phase === 'new') return now - this.openedAt >= SESSION.loginTimeoutMs ? 'login-timeout' : undefined; // R1
    if (phase !== 'ready') return undefined;
    if (now - this.#receivedAt >= WIRE.idleMs) return 'idle'; // R13
    if (this.#slowSince !== undefined && now - this.#slowSince >= SESSION.slowConsumerMs) return 'slow-consumer';
    return undefined;
  }
}
