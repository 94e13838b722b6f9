/** Limits of the servers that share a database. */

/** Notices between servers. */
export const BUS = {
  /** A payload of NOTIFY is shorter than 8,000 bytes. */
  maxPayloadBytes: 7_999,
  /** Notices are gathered for this long: each NOTIFY takes a lock of the whole database cluster. */
  gatherMs: 3,
  /** Characters that wait for one server while there is no connection. More are dropped: notices are hints. */
  maxWaiting: 4 * 1024 * 1024,
  /** Users whose places are known until their next nudge. */
  maxPlaces: 10_000,
  /** How long servers are waited for that were asked something. */
  answerMs: 2_000,
  /** How long what was sent is kept for servers that may have missed it, and how many characters of it. */
  keptMs: 30_000,
  maxKept: 4 * 1024 * 1024,
  /** Interval at which sessions are compared with the database, for notices that were lost. */
  compareEveryMs: 30_000,
  /** Sessions that are compared in one query. */
  comparedTogether: 1_000,
} as const;

/** Which servers there are. */
export const LEASE = {
  renewEveryMs: 2_000,
  /** A server that has not renewed its lease for this long, by the clock of the database, counts as gone. */
  expiresAfterMs: 10_000,
  /** Then it is forgotten. */
  forgottenAfterMs: 24 * 60 * 60 * 1_000,
} as const;
