/**
 * Slows down guessing. Each network and each user may fail so many times; after that logins wait, until one failure after the
 * other is forgotten. A right token costs nothing, so that it lets all others that wait behind it in at once. Times are passed in.
 */
import { LOGIN } from './limits.js';

export interface GuardLimits {
  /** Failures of one network that are answered at once. */
  readonly maxFailedLogins: number;
  /** Failures of one user, whatever networks they come from. */
  readonly maxFailedLoginsPerUser: number;
}

interface Attempt {
  readonly network: string;
  readonly user: string;
  /** Whether the connection is closed by now. */
  isGone(): boolean;
}

interface Waiter extends Attempt {
  resolve(mayCheck: boolean): void;
}

export class LoginGuard {
  readonly #networks: Budgets;
  readonly #users: Budgets;
  readonly #waiters = new Set<Waiter>();
  /** How many of them are of each network. */
  readonly #waiting = new Map<string, number>();

  constructor(private readonly limits: GuardLimits) {
    this.#networks = new Budgets(limits.maxFailedLogins);
    this.#users = new Budgets(limits.maxFailedLoginsPerUser);
  }

  /**
   * Whether the token may be checked: now, or when it is this login's turn. False: too many of this network wait already, or the
   * connection is gone. A login that may be checked counts as failed, until `passed`.
   * @param now monotonic, ms.
   */
  enter(attempt: Attempt, now: number): boolean | Promise<boolean> {
    const { network } = attempt;
    const waiting = this.#waiting.get(network) ?? 0;
    if (waiting === 0 && this.#spend(attempt, now)) return true;
    if (waiting >= LOGIN.maxWaiting) return false;
    this.#waiting.set(network, waiting + 1);
    return new Promise((resolve) => this.#waiters.add({ ...attempt, resolve }));
  }

  /** The token of a login that was checked is right: nothing has failed. */
  passed({ network, user }: Omit<Attempt, 'isGone'>, now: number): void {
    this.#networks.add(network, 1, now);
    this.#users.add(user, 1, now);
    if (this.#waiting.has(network)) this.tick(now);
  }

  /** Whether another connection is of any use: a network whose logins wait needs only as many connections as may wait. */
  isWelcome(network: string, connections: number): boolean {
    return connections < LOGIN.maxWaiting || !this.#waiting.has(network);
  }

  /** Lets in those whose turn it is. To be called about every second. */
  tick(now: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.isGone()) this.#release(waiter, false);
      else if (this.#spend(waiter, now)) this.#release(waiter, true);
    }
  }

  #release(waiter: Waiter, mayCheck: boolean): void {
    this.#waiters.delete(waiter);
    const left = (this.#waiting.get(waiter.network) ?? 0) - 1;
    if (left > 0) this.#waiting.set(waiter.network, left);
    else this.#waiting.delete(waiter.network);
    waiter.resolve(mayCheck);
  }

  /** The budget of the user is only for networks that have failed before, so that guesses elsewhere cannot lock its owner out. */
  #spend({ network, user }: Attempt, now: number): boolean {
    const ofNetwork = this.#networks.left(network, now);
    const isSuspect = ofNetwork <= this.limits.maxFailedLogins - LOGIN.suspectFailures;
    if (ofNetwork < 1 || (isSuspect && this.#users.left(user, now) < 1)) return false;
    this.#networks.add(network, -1, now);
    this.#users.add(user, -1, now);
    return true;
  }
}

/** How many failures each key has left. A full budget needs no entry; with too many entries the oldest is forgotten. */
class Budgets {
  readonly #entries = new Map<string, { readonly left: number; readonly at: number }>();

  constructor(private readonly full: number) {}

  left(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? this.full : Math.min(this.full, entry.left + (now - entry.at) / LOGIN.forgetMs);
  }

  add(key: string, change: number, now: number): void {
    const left = Math.max(0, this.left(key, now) + change);
    this.#entries.delete(key); // Set again as the newest.
    if (left >= this.full) return;
    this.#entries.set(key, { left, at: now });
    if (this.#entries.size <= LOGIN.maxTracked) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
