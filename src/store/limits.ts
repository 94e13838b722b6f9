/** Limits of a mailbox, the same for every implementation of the store. `im serve` has options for some. */
export const MAILBOX = {
  maxUndelivered: 100_000,
  maxUndeliveredBytes: 64 * 1024 * 1024,
  /** The fraction that one sender may use of what all others leave of both: so there is always something left. */
  maxShareOfOneSender: 0.5,
  /** The fraction of both that is kept for senders with few undelivered messages: so many, with so many bytes, but at most half of it. */
  keptForFew: 0.1,
  fewMessages: 10,
  fewBytes: 64 * 1024,
  /** Retention of delivered messages: at most this many, for at most this long. */
  keptDelivered: 1_000,
  keptDeliveredMs: 30 * 24 * 3_600_000,
  /** How many ids of messages that are no longer kept are known, for each sender (R8). */
  keptIdsPerSender: 10_000,
  /** Devices of a user; a new one takes the place of the one not seen for longest. One not seen for `keptDeviceMs` is dropped. */
  maxDevices: 8,
  keptDeviceMs: 30 * 24 * 3_600_000,
  /** Audit entries. */
  keptAudits: 256,
  /** Pushes without an ack that are kept for traces. Older ones still count as attempts. */
  keptPushes: 100,
  /** For how long, and for how many senders, messages are refused after one that was refused for now (R16). */
  heldBackMs: 10_000,
  /** The same, if it is known which session sends: for as long as a connection may be silent, so for all that is still on its way. */
  heldBackInSessionMs: 90_000,
  heldBackSenders: 1_000,
} as const;
