/** Delivered messages that an operator wants pushed again, on their way into one session. Pure. */
import { SESSION } from './limits.js';

interface Replayed {
  readonly replay: string;
  readonly seq: number;
}

export class ReplayQueue {
  #waiting: Replayed[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get room(): number {
    return SESSION.maxReplays - this.#waiting.length;
  }

  /** What there is no room for is dropped: nobody may offer more than that. */
  add(replay: string, seqs: readonly number[]): void {
    for (const seq of seqs.slice(0, this.room)) this.#waiting.push({ replay, seq });
  }

  /** The first ones, at most `count`. */
  take(count: number): readonly Replayed[] {
    return this.#waiting.splice(0, count);
  }
}
