/** Parses and formats durations: `500ms`, `30s`, `5m`, `2h`, `7d`. */

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SHAPE = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Milliseconds, or undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = SHAPE.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * UNITS[unit as keyof typeof UNITS];
}

/** The inverse of `parseDuration`, in the largest unit that divides `ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const [unit, size] = Object.entries(UNITS)
    .reverse()
    .find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** An elapsed time for people, rounded down: `340ms`, `12s`, `1m 3s`, `2h 5m`. */
export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.floor(ms)}ms`;
  const whole = (unit: number, of = Number.POSITIVE_INFINITY): number => Math.floor(ms / unit) % of;
  if (ms < UNITS.m) return `${whole(UNITS.s)}s`;
  return ms < UNITS.h ? `${whole(UNITS.m)}m ${whole(UNITS.s, 60)}s` : `${whole(UNITS.h)}h ${whole(UNITS.m, 60)}m`;
}
