/** Limits of sessions and of the operations port. */
export const SESSION = {
  /** A connection without a login after this time is closed with 4000 (R1). */
  loginTimeoutMs: 10_000,
  /** The delivery window: messages that are pushed and not yet acked. The rest waits in the mailbox. */
  maxUnackedMessages: 512,
  maxUnackedBytes: 256 * 1024,
  /** A push that is not acked after this time counts as an attempt, even if the session lives on. */
  noteAfterMs: 30_000,
  /** A connection with more unsent bytes than this for `slowConsumerMs` is closed with 4002. */
  maxBufferedBytes: 1024 * 1024,
  slowConsumerMs: 30_000,
  /** Frames of one connection that wait for their handlers, and their bytes. Above it the socket is not read (flood). */
  maxPendingFrames: 2_048,
  maxPendingBytes: 2 * 1024 * 1024,
  /**
   * What one connection may have handled in a turn of the event loop, in frames and KiB: about a millisecond of work. The rest
   * waits for the next turn. All connections that want more share `maxTurn`.
   */
  maxTurnShare: 128,
  maxTurn: 512,
  /** For how long a user may save up what the rates allow, if there are any. */
  rateBurstMs: 10_000,
  /** Messages that may be passed over (R2) in a minute; one more closes the connection with 1008. */
  maxPassedOverPerMinute: 100,
  /** Sessions of one server: connections that have logged in. One more is closed with 4003. */
  maxConnections: 65_536,
  /** Sessions of one user, in all modes. One more is closed with 4004. */
  maxSessionsPerUser: 256,
  /** Interval of the deadline checks: one timer for all connections. */
  tickMs: 1_000,
  /** At shutdown, `retryAfterMs` in `bye` spreads the reconnects of the clients over this time. */
  shutdownSpreadMs: 2_000,
  /** Replayed messages that wait to be pushed into one session. */
  maxReplays: 4_096,
  /** UTF-16 units of the name of a client's program in the log, which comes from the header `user-agent`. */
  maxLoggedAgent: 64,
} as const;

/** Limits of users who look at their own queues. */
export const OWN = {
  /** Requests of a user that wait for their turn, all sessions together; further ones are refused with `overloaded`. */
  maxWaiting: 16,
  /** After a request, the next one of the user waits for so many times as long as that took, at most this long. */
  restFactor: 3,
  maxRestMs: 5_000,
  /** Pages of the mailbox that are read for one answer, if nothing in them waits for the user. */
  maxReads: 16,
} as const;

/** Limits of failed logins. */
export const LOGIN = {
  /** Failed logins of one network that are answered at once, and of one user. Further ones wait. */
  maxFailedLogins: 10,
  maxFailedLoginsPerUser: 20,
  /** After this time one failure is forgotten, and one that waits has its turn. */
  forgetMs: 1_000,
  /** Logins of one network that wait; together they must not wait longer than a client does. More are closed with 4005. */
  maxWaiting: 8,
  /** From so many failures on, logins of a network also wait for failures of the user on other networks. */
  suspectFailures: 3,
  /** Networks and users whose failures are remembered. */
  maxTracked: 10_000,
} as const;

/** Limits of the operations port. */
export const OPS = {
  requestTimeoutMs: 10_000,
  /** Further connections are dropped. */
  maxConnections: 64,
} as const;
