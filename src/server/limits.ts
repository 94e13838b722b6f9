/** The bounds of sessions, and of the operations port. What a client has to know of them is in `welcome`. */
export const SESSION = {
  /** A connection that has not logged in by then is closed with 4000 (R1). */
  loginTimeoutMs: 10_000,
  /** Pushed and not yet acked: the delivery window. The rest waits in the mailbox. */
  maxUnackedMessages: 256,
  maxUnackedBytes: 256 * 1024,
  /** Pushed and not acked for this long, messages count as tried, though the session goes on. */
  noteAfterMs: 30_000,
  /** A peer that leaves more than this unread for `slowConsumerMs` is closed with 4002. */
  maxBufferedBytes: 1024 * 1024,
  slowConsumerMs: 30_000,
  /** Frames and bytes of one connection being worked on; beyond it the socket is not read (flood). */
  maxPendingFrames: 2_048,
  maxPendingBytes: 2 * 1024 * 1024,
  /** Messages passed over (R2) within a minute before the connection is closed with 1008. */
  maxPassedOverPerMinute: 100,
  /** Connections to one server; one more is closed with 4003. */
  maxConnections: 65_536,
  /** How often deadlines are looked at: one timer for all connections. */
  tickMs: 1_000,
  /** `bye` at shutdown spreads the return of the clients over this long. */
  shutdownSpreadMs: 2_000,
  /** Replayed messages that wait for a session to take them. */
  maxReplays: 4_096,
} as const;

/** Bounds of the operations port. */
export const OPS = {
  requestTimeoutMs: 10_000,
  /** One more is dropped without a word. */
  maxConnections: 64,
} as const;
