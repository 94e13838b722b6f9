/** Shares of a turn of the event loop: a connection that sends more than its share waits for the next turn, so that others get theirs. */
import type { Clock } from '../io/clock.js';
import { SESSION } from './limits.js';

/** The turns of a server. */
export class Turns {
  #number = 0;
  #hasBegun = false;
  #beganAt = 0;
  #share: number = SESSION.maxTurnShare;
  /** Connections that wanted more than their share in this turn. */
  #hungry = 0;

  constructor(private readonly clock: Pick<Clock, 'defer' | 'monotonic'>) {}

  /** The number of this turn. */
  get number(): number {
    if (!this.#hasBegun) this.#begin();
    return this.#number;
  }

  /** When something was first received in this turn; ms, monotonic. Asking the clock for each message costs 64 ns. */
  get beganAt(): number {
    if (!this.#hasBegun) this.#begin();
    return this.#beganAt;
  }

  /** What each connection may have handled in this turn, in frames and KiB. The more of them want more, the less it is. */
  get share(): number {
    return this.#share;
  }

  wantsMore(): void {
    this.#hungry++;
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#beganAt = this.clock.monotonic();
    this.clock.defer(() => this.#next());
  }

  #next(): void {
    this.#hasBegun = false;
    this.#number++;
    this.#share = Math.max(1, Math.min(SESSION.maxTurnShare, Math.floor(SESSION.maxTurn / Math.max(1, this.#hungry))));
    this.#hungry = 0;
  }
}

/** The share of one connection. */
export class TurnShare {
  #turn = -1;
  #left = 0;

  constructor(private readonly turns: Turns) {}

  /** Whether something is left of it. */
  hasRoom(): boolean {
    const { number } = this.turns;
    if (this.#turn !== number) {
      this.#turn = number;
      this.#left = this.turns.share;
    }
    return this.#left > 0;
  }

  spend(frames: number, bytes: number): void {
    this.#left -= frames + (bytes >> 10);
  }

  wantsMore(): void {
    this.turns.wantsMore();
  }
}
