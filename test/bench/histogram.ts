/** A histogram of durations with buckets of 1 µs: recording is one addition, percentiles are exact up to one second. */
import type { Percentiles } from './work.js';

const BUCKETS = 1_000_000;

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS + 1);
  #total = 0;

  /** Durations over one second count as one second. */
  record(ms: number): void {
    const bucket = Math.min(Math.floor(ms * 1_000), BUCKETS);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** In ms. NaN when nothing was recorded. */
  percentiles(): Percentiles {
    return { p50: this.#percentile(0.5), p99: this.#percentile(0.99) };
  }

  #percentile(part: number): number {
    if (this.#total === 0) return Number.NaN;
    const rank = Math.ceil(this.#total * part);
    let seen = 0;
    const bucket = this.#counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
    return bucket / 1_000;
  }
}
