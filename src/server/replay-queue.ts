/** The delivered messages that wait to be pushed again into one session, because an operator replays them. Pure. */
import { SESSION } from './limits.js';

interface ReplayedMessage {
  readonly replay: string;
  readonly seq: number;
}

export class ReplayQueue {
  #waiting: ReplayedMessage[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** How many more messages fit. */
  get room(): number {
    return SESSION.maxReplays - this.#waiting.length;
  }

  /** Adds these messages; those that do not fit are dropped, since callers check `room` first. */
  add(replay: string, seqs: readonly number[]): void {
    for (const seq of seqs.slice(0, this.room)) this.#waiting.push({ replay, seq });
  }

  /** Removes and returns the oldest messages, at most `count`. */
  take(count: number): readonly ReplayedMessage[] {
    return this.#waiting.splice(0, count);
  }
}
