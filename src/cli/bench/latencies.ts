/** Durations, counted in buckets that are 1 % wide: recording is an addition, and the memory does not grow. Pure. */

/** Buckets in each octave above it; below it a bucket is 1 µs wide. */
const STEPS = 128;
const STEP_BITS = Math.log2(STEPS);
const MAX_US = 2 ** 31 - 1;

export interface Summary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A bar of a histogram to look at. */
export interface Bar {
  /** Durations below it, and not below that of the bar before, ms. */
  readonly below: number;
  readonly count: number;
}

export class Latencies {
  readonly #counts = new Float64Array(bucketOf(MAX_US) + 1);
  #total = 0;
  #maxMs = 0;

  get count(): number {
    return this.#total;
  }

  /** Durations over half an hour count as half an hour. */
  record(ms: number): void {
    const bucket = bucketOf(Math.min(Math.max(Math.floor(ms * 1_000), 0), MAX_US));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** In ms. Undefined when nothing was recorded. */
  summary(): Summary | undefined {
    if (this.#total === 0) return undefined;
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((part) => this.#percentile(part)) as Four;
    return { p50, p90, p99, p999, max: this.#maxMs };
  }

  /** Between the shortest and the longest duration, with bounds of 1, 2 and 5 times a power of ten. */
  bars(): readonly Bar[] {
    const bars: Bar[] = [];
    let count = 0;
    let bound = 0;
    const bounds = [...boundsUs()];
    const close = (): void => {
      if (count > 0 || bars.length > 0) bars.push({ below: (bounds[bound] ?? MAX_US) / 1_000, count });
      count = 0;
      bound++;
    };
    let left = this.#total;
    for (const [bucket, here] of this.#counts.entries()) {
      if (left === 0) break;
      while (floorOf(bucket) >= (bounds[bound] ?? Number.POSITIVE_INFINITY)) close();
      count += here;
      left -= here;
    }
    if (count > 0) close();
    return bars;
  }

  #percentile(part: number): number {
    const rank = Math.ceil(this.#total * part);
    let seen = 0;
    const bucket = this.#counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
    return floorOf(bucket) / 1_000;
  }
}

type Four = [number, number, number, number];

/** 1, 2, 5, 10, 20, 50 … µs. */
function* boundsUs(): Generator<number> {
  for (let power = 1; power <= MAX_US; power *= 10) for (const step of [1, 2, 5]) yield step * power;
}

/** @param us whole µs. */
function bucketOf(us: number): number {
  if (us < STEPS) return us;
  const octave = 31 - Math.clz32(us) - STEP_BITS;
  return STEPS * octave + (us >> octave);
}

/** The shortest duration in a bucket, µs. */
function floorOf(bucket: number): number {
  if (bucket < STEPS * 2) return bucket;
  const octave = Math.floor(bucket / STEPS) - 1;
  return (bucket - STEPS * octave) * 2 ** octave;
}
