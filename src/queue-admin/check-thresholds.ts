/** Compares queue totals with thresholds, for monitoring: the states and exit codes of Nagios plugins. Pure. */
import type { Totals } from './summary.js';

/** A reached threshold sets its state. Ages, of the oldest message, in ms. */
export interface Thresholds {
  readonly warnAgeMs: number;
  readonly critAgeMs: number;
  readonly warnCount?: number | undefined;
  readonly critCount?: number | undefined;
}

export const CHECK_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
export type CheckState = keyof typeof CHECK_CODES;

/** @param now ms since 1970. */
export function checkThresholds({ count, oldestAt }: Totals, thresholds: Thresholds, now: number): CheckState {
  const age = oldestAt === undefined ? -1 : now - oldestAt;
  const { warnAgeMs, critAgeMs } = thresholds;
  const { warnCount = Number.POSITIVE_INFINITY, critCount = Number.POSITIVE_INFINITY } = thresholds;
  if (age >= critAgeMs || count >= critCount) return 'critical';
  return age >= warnAgeMs || count >= warnCount ? 'warning' : 'ok';
}
