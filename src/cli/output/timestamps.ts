/** Points in time and ages, as people write and read them. */
import { inline, type SafeText } from '../../text/safe-text.js';
import { parseDuration } from './duration.js';

/** A point in time that may be relative to `now`. Both are ms since 1970. */
export type TimeInput = (now: number) => number;

/**
 * Reads `2h` (two hours ago), `2026-01-31`, `2026-01-31 14:03`, or any ISO 8601 time; local time unless a zone is given.
 * Undefined for anything else.
 */
export function parseTime(text: string): TimeInput | undefined {
  const ago = parseDuration(text);
  if (ago !== undefined) return (now) => now - ago;
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  // Date.parse would read a date without a time as UTC.
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text);
  return Number.isNaN(at) ? undefined : () => at;
}

/** `2026-01-31 14:03:07`, in local time. */
export function formatTime(at: number): SafeText {
  const time = new Date(at);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return inline(`${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`);
}

/** `2026-01-31 14:03`, in local time. */
export const formatMinute = (at: number): SafeText => formatTime(at).slice(0, -':07'.length) as SafeText;

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `7s`, `12m`, `3h`, `5d`: rounded down. A negative age (clocks differ) is `0s`. */
export function formatAge(ms: number): SafeText {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ['s', 1_000];
  return inline(`${Math.max(0, Math.floor(ms / size))}${unit}`);
}
