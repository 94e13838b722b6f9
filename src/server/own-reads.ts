/**
 * The turns of users who look at their own queues: one request of a user at a time, and then a rest in proportion to what it took. So
 * a user who asks without end takes a fraction of what the store can do, and others wait for nobody.
 */
import type { Clock } from '../io/clock.js';
import { StoreUnavailable } from '../store/store.js';
import { OWN } from './limits.js';

/** Of one user. */
interface Turns {
  /** Resolves when the newest request, and the rest after it, are over. */
  last: Promise<void>;
  /** Requests that wait or run. */
  count: number;
}

export class OwnReads {
  /** Users with a request, or at rest. */
  readonly #users = new Map<string, Turns>(); // storage 9: a Map, never {}
  /** Called at the end: they end the rests. */
  readonly #resting = new Set<() => void>();
  #isStopped = false;

  constructor(private readonly clock: Pick<Clock, 'monotonic' | 'after'>) {}

  /**
   * Runs `read` when it is its turn. Undefined: too many requests of this user wait. Rejects as `read` does, and with
   * StoreUnavailable when the server stops first.
   */
  run<T>(user: string, read: () => Promise<T>): Promise<T> | undefined {
    const turns = this.#users.get(user) ?? { last: Promise.resolve(), count: 0 };
    if (turns.count >= OWN.maxWaiting) return undefined;
    this.#users.set(user, turns);
    turns.count++;
    let began = 0;
    const result = turns.last.then(() => {
      if (this.#isStopped) throw new StoreUnavailable('the server is stopping');
      began = this.clock.monotonic();
      return read();
    });
    const rest = async (): Promise<void> => {
      turns.count--;
      await this.#rest(Math.min(OWN.maxRestMs, (this.clock.monotonic() - began) * OWN.restFactor));
      if (turns.count === 0 && turns.last === mine) this.#users.delete(user);
    };
    const mine = result.then(rest, rest);
    turns.last = mine;
    return result;
  }

  /** What has begun ends; what waits is refused at once. */
  stop(): void {
    this.#isStopped = true;
    for (const end of this.#resting) end();
  }

  #rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#resting.delete(end);
        timer.cancel();
        resolve();
      };
      const timer = this.clock.after(ms, end);
      this.#resting.add(end);
    });
  }
}
