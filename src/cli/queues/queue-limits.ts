/** The limits and defaults of `im inspect-queue`. */

/** When `--check` warns, without flags that say otherwise. */
export const CHECK = {
  /** Age of the oldest message. */
  warnAgeMs: 5 * 60_000,
  critAgeMs: 60 * 60_000,
} as const;

export const WATCH = {
  /** How often the queues are read, without --interval; and at most, whatever --interval says. */
  intervalMs: 2_000,
  minIntervalMs: 100,
  /** Messages, or mailboxes, whose changes can be followed at a time. */
  maxItems: 100_000,
} as const;
