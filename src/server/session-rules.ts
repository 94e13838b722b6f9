/**
 * The rules of a session: which frames are allowed when, and when it is overdue. Pure: times are passed in.
 * The table in docs/protocol.md is generated from ALLOWED.
 */
import type { Identity } from '../accounts/accounts.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { ClientFrameType } from '../protocol/frame-catalogue.js';
import type { Mode } from '../protocol/frames/login.js';
import { WIRE } from '../protocol/limits.js';
import type { SenderSession } from '../store/store.js';
import { SESSION } from './limits.js';

/** `new`: not logged in. `ready`: logged in. `closing`: pending frames are still answered. `closed`: nothing is sent. */
export type Phase = 'new' | 'ready' | 'closing' | 'closed';

/** The user of a session, known from login on. */
export interface AuthenticatedUser {
  readonly identity: Identity;
  readonly mode: Mode;
  /** The id of the session, in `welcome` and in the log. */
  readonly session: string;
  /** Which of the user's devices. */
  readonly device: string;
  /** It wants copies of what the user sends from elsewhere. */
  readonly copies: boolean;
  /** The right to move the cursor of the device; 0 unless the mode is `chat`. */
  readonly fence: number;
  /** What the store checks of what the session sends. */
  readonly sender: SenderSession;
  /** The client's name and version, if it gave them. Untrusted: for the log only. */
  readonly agent?: string;
}

/** What to do with a frame: run its handler, pass over it (R2), answer with an `error`, or close the session (4503). */
export type Verdict = 'handle' | 'pass' | 'forbid' | 'violate';

export const ALLOWED: Readonly<Record<ClientFrameType, Readonly<Record<'new' | Mode, Verdict>>>> = {
  login: { new: 'handle', chat: 'violate', send: 'violate', operate: 'violate' },
  message: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  ack: { new: 'pass', chat: 'handle', send: 'violate', operate: 'violate' },
  read: { new: 'pass', chat: 'handle', send: 'violate', operate: 'violate' },
  status: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  unsend: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  heartbeat: { new: 'pass', chat: 'handle', send: 'handle', operate: 'handle' },
  devices: { new: 'pass', chat: 'handle', send: 'handle', operate: 'handle' },
  senders: { new: 'pass', chat: 'handle', send: 'handle', operate: 'handle' },
  own: { new: 'pass', chat: 'handle', send: 'handle', operate: 'violate' },
  account: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  queue: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  replay: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  restore: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  purge: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
  audit: { new: 'pass', chat: 'forbid', send: 'forbid', operate: 'handle' },
};

/** R1: before login only `login` has an effect. While a session closes, no frame has one. */
export function checkAllowed(phase: Phase, mode: Mode | undefined, type: ClientFrameType): Verdict {
  if (phase === 'new') return ALLOWED[type].new;
  return phase === 'ready' && mode !== undefined ? ALLOWED[type][mode] : 'pass';
}

/** The recent activity of a connection, from which its deadlines follow. Times are ms on the monotonic clock. */
export class Activity {
  #receivedAt: number;
  #slowSince: number | undefined;
  #minute = 0;
  #passedOver = 0;

  constructor(readonly openedAt: number) {
    this.#receivedAt = openedAt;
  }

  /** Anything received keeps the connection from going idle (R13). */
  received(now: number): void {
    this.#receivedAt = now;
  }

  /** From then on the connection is overdue, unless it receives something (R13). */
  get idleAt(): number {
    return this.#receivedAt + WIRE.idleMs;
  }

  /** Counts something that was passed over (R2). Returns the reason to close when there were too many within a minute. */
  passedOver(now: number): CloseReason | undefined {
    const minute = Math.floor((now - this.openedAt) / 60_000);
    this.#passedOver = minute === this.#minute ? this.#passedOver + 1 : 1;
    this.#minute = minute;
    return this.#passedOver > SESSION.maxPassedOverPerMinute ? 'too-many-passed-over' : undefined;
  }

  /** The reason to close when a deadline has passed. May be called at any time, also repeatedly. */
  overdue(now: number, phase: Phase, bufferedBytes: number): CloseReason | undefined {
    this.#slowSince = bufferedBytes > SESSION.maxBufferedBytes ? (this.#slowSince ?? now) : undefined;
    if (phase === 'new') return now - this.openedAt >= SESSION.loginTimeoutMs ? 'login-timeout' : undefined; // R1
    if (phase !== 'ready') return undefined;
    if (now - this.#receivedAt >= WIRE.idleMs) return 'idle'; // R13
    if (this.#slowSince !== undefined && now - this.#slowSince >= SESSION.slowConsumerMs) return 'slow-consumer';
    return undefined;
  }
}
