/** Which messages were pushed together, and when: for traces. Pure. */
import type { PushTrail } from './store.js';

/** Messages after `after`, up to `seq`. */
export interface PushedRange {
  readonly after: number;
  readonly seq: number;
  /** The session, and when it pushed them, ms since 1970; absent if unknown. */
  readonly session?: string;
  readonly pushedAt?: number;
}

/** Splits the messages after `after`, up to `seq`, by the batches of the trail. The last range is what no batch covers. */
export function pushedRanges(after: number, seq: number, trail: PushTrail | undefined): PushedRange[] {
  const ranges: PushedRange[] = [];
  let before = after;
  if (trail) {
    const { session, pushes } = trail;
    for (const [last, pushedAt] of pushes) {
      const end = Math.min(last, seq);
      if (end > before) ranges.push({ after: before, seq: end, session, pushedAt });
      before = Math.max(before, end);
    }
  }
  if (before < seq) ranges.push({ after: before, seq, ...(trail && { session: trail.session }) });
  return ranges;
}
