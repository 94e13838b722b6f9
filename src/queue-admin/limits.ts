/** Limits of watching queues. */
export const WATCH = {
  /** Messages, or mailboxes, that can be watched at a time. */
  maxItems: 100_000,
} as const;
