/** The bounds of the client: connecting, outbox, inbox, state folder. */
export const CLIENT = {
  /** Full jitter back-off between attempts to connect. */
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  /** Online for this long, the back-off starts from the base again. */
  backoffResetMs: 60_000,
  /** An attempt to connect and log in that takes longer is given up. */
  connectTimeoutMs: 10_000,
  /** The longest wait that a server's `bye` can ask for. */
  maxRetryAfterMs: 60_000,
  /** Messages that may wait in an outbox, and their bodies; one more is refused. */
  maxQueued: 100_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  /** Messages stored and not yet delivered that are followed; beyond it the oldest is no longer asked for. */
  maxAwaiting: 100_000,
  /** Bytes that the system has not taken yet beyond which nothing more is sent: the outbox waits. */
  maxBufferedBytes: 1024 * 1024,
  /** Messages that wait to be shown before the connection is not read any more. */
  maxUnshown: 1_024,
  /** Messages that are shown at once, where that is wanted. */
  maxShownTogether: 256,
  /** How long the end of a client waits for the message that is being shown. Shorter than `takeoverMs`. */
  finishShowingMs: 3_000,
  /** How often a state folder that another process holds is tried again. */
  lockRetryMs: 100,
  /** How often a client that is offline looks whether a newer one of the same user wants its state folder. */
  wantedLookMs: 500,
  /** An operator's request that is not answered by then has failed. */
  requestTimeoutMs: 10_000,
  /** How long a newer client waits for an older one of the same user to let go of the state folder. */
  takeoverMs: 5_000,
  /** Back-off between attempts to send again what the server refuses for now, for each target. */
  retryBaseMs: 500,
  retryCapMs: 30_000,
} as const;
