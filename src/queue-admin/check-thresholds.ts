/** Compares queue totals with thresholds, for monitoring: the states and exit codes of Nagios plugins. Pure. */
import type { Totals } from './summary.js';

/** A reached threshold sets its state. Ages, of the oldest message, in ms. */
export interface Thresholds {
  readonly warnAgeMs: number;
  readonly critAgeMs: number;
  readonly warnCount?: number | undefined;
  readonly critCount?: number | undefined;
}

export type CheckState = 'ok' | 'warning' | 'critical';

/** @param now ms since 1970. */
export function checkThresholds({ count, oldestAt }: Totals, thresholds: Thresholds, now: number): CheckState {
  const {
    warnAgeMs,
    critAgeMs,
    warnCount = Number.POSITIVE_INFINITY,
    critCount = Number.POSITIVE_INFINITY,
  } = thresholds;
  const age = oldestAt === undefined ? -1 : now - oldestAt;
  if (age >= critAgeMs || count >= critCount) return 'critical';
  return age >= warnAgeMs || count >= warnCount ? 'warning' : 'ok';
}
