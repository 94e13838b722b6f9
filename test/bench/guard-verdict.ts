/** Judges the figures of `npm run bench:guard`. Pure. */
import { median } from './median.js';

/** A round: server CPU for each message, relative to the reference just before and after it. */
export interface GuardRound {
  readonly serverMicros: number;
  readonly referenceMicros: number;
  /** What other processes took meanwhile, in cores. */
  readonly othersBusy: number;
}

/** What is committed, for one major version of Node. */
export interface Baseline {
  readonly ratio: number;
  readonly date: string;
}

export type GuardVerdict = 'slower' | 'faster' | 'as before' | 'no baseline' | 'not judged';

/** Ratios of two quiet runs differ by less than half of it. */
export const TOLERANCE = 0.15;

/** With more than this, caches and batches are not those of a quiet machine. */
export const QUIET = 0.15;

/** Other processes only ever add to the cost of a round: the median of the quieter half. */
export function ratioOf(rounds: readonly GuardRound[]): number {
  const ratios = rounds
    .map(({ serverMicros, referenceMicros }) => serverMicros / referenceMicros)
    .sort((a, b) => a - b);
  return median(ratios.slice(0, Math.ceil(ratios.length / 2)));
}

export function judge(rounds: readonly GuardRound[], baseline: Baseline | undefined): GuardVerdict {
  if (baseline === undefined) return 'no baseline';
  const change = ratioOf(rounds) / baseline.ratio - 1;
  // A busy machine makes it slower, never faster: what is as before there is as before.
  if (change <= TOLERANCE) return change < -TOLERANCE ? 'faster' : 'as before';
  return median(rounds.map(({ othersBusy }) => othersBusy)) > QUIET ? 'not judged' : 'slower';
}
