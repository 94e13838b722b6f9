/** Whether queues are as they should be, for monitoring: one word, after the convention of its plugins. Pure. */
import type { Totals } from './summary.js';

/** A bound that is reached means that word. Ages in ms. */
export interface Thresholds {
  readonly warnAgeMs: number;
  readonly critAgeMs: number;
  readonly warnCount?: number | undefined;
  readonly critCount?: number | undefined;
}

export const CHECK_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
export type CheckState = keyof typeof CHECK_CODES;

/** @param now ms since 1970. */
export function checkThresholds({ count, oldestAt }: Totals, bounds: Thresholds, now: number): CheckState {
  const age = oldestAt === undefined ? -1 : now - oldestAt;
  const { warnAgeMs, critAgeMs, warnCount = Number.POSITIVE_INFINITY, critCount = Number.POSITIVE_INFINITY } = bounds;
  if (age >= critAgeMs || count >= critCount) return 'critical';
  return age >= warnAgeMs || count >= warnCount ? 'warning' : 'ok';
}
