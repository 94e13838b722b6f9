/** The bounds of a mailbox: every engine keeps them. `im serve` can set some. */
export const MAILBOX = {
  maxUndelivered: 100_000,
  maxUndeliveredBytes: 64 * 1024 * 1024,
  /** The part of both that one sender may hold. */
  maxShareOfOneSender: 0.5,
  /** Of what was delivered, this many and this long is kept. */
  keptDelivered: 1_000,
  keptDeliveredMs: 30 * 24 * 3_600_000,
  /** (sender, id) pairs of messages no longer kept, for R8. Those of kept messages are known besides. */
  keptSeen: 100_000,
  keptSeenMs: 30 * 24 * 3_600_000,
  /** Runs of operators that are remembered. */
  keptAudits: 256,
  /** Sessions remembered for `attempt`; older ones are only counted. */
  keptPushes: 100,
  /** For how long, and for how many senders, later messages wait behind one that was refused for now (R16). */
  heldBackMs: 10_000,
  heldBackSenders: 1_000,
} as const;
