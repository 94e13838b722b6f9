/** Seqs as ranges: first and last seq of each, alternating. Pure. */
import { QUEUE } from '../protocol/limits.js';

/** The ranges of ascending seqs, at most QUEUE.maxAuditRanges. */
export function rangesOf(seqs: readonly number[]): number[] {
  const ranges: number[] = [];
  for (const seq of seqs) {
    if (seq === (ranges.at(-1) ?? Number.NaN) + 1) ranges[ranges.length - 1] = seq;
    else if (ranges.length === QUEUE.maxAuditRanges * 2) break;
    else ranges.push(seq, seq);
  }
  return ranges;
}
