/** The times of `im replay`. */
export const REPLAY = {
  /** How long the acks may take, without --timeout. */
  timeoutMs: 10_000,
  /** How often the cursor of the mailbox is read meanwhile. */
  pollMs: 100,
  /** After a session has refused more replayed messages (`overloaded`), how long until the next attempt. */
  overloadedRetryMs: 50,
} as const;
