/** The places for sessions: how many there may be, in total and of one user. A place is taken until the connection is closed. */
import type { CloseReason } from '../protocol/close-codes.js';
import { SESSION } from './limits.js';

export interface PlaceLimits {
  /** Sessions of all users. */
  readonly maxConnections: number;
  readonly maxSessionsPerUser: number;
}

/** One user does not get more than a quarter of all places, unless there are very few. */
export const shareOfOneUser = (maxConnections: number): number =>
  Math.min(SESSION.maxSessionsPerUser, Math.max(MIN_SESSIONS_PER_USER, Math.floor(maxConnections / 4)));

const MIN_SESSIONS_PER_USER = 16;

export class Places {
  readonly #byUser = new Map<string, number>(); // storage 9: a Map, never {}
  #taken = 0;

  constructor(private readonly limits: PlaceLimits) {}

  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes a place, to be given back with `release`; or returns why there is none.
   * @param isUrgent a session that may be one too many in total: an operator's, or one that ends another.
   */
  take(user: string, { isUrgent }: { readonly isUrgent: boolean }): CloseReason | undefined {
    const ofUser = this.#byUser.get(user) ?? 0;
    if (ofUser >= this.limits.maxSessionsPerUser) return 'too-many-sessions';
    if (this.#taken >= this.limits.maxConnections && !isUrgent) return 'too-many-connections';
    this.#byUser.set(user, ofUser + 1);
    this.#taken++;
    return undefined;
  }

  release(user: string): void {
    const left = (this.#byUser.get(user) ?? 0) - 1;
    if (left > 0) this.#byUser.set(user, left);
    else this.#byUser.delete(user);
    this.#taken--;
  }
}
