/** Limits of the PostgreSQL engine. */
export const DATABASE = {
  /** Connections of one server, besides the one that listens. */
  maxConnections: 10,
  /** How long one host may take to accept a connection. */
  connectMs: 3_000,
  /** How long a call waits for the first write of a new connection, which waits for the standbys. */
  firstWriteMs: 5_000,
  /** How long its session is left alone if they do not confirm it: until then nobody opens another one. */
  stuckMs: 60_000,
  /** How long an answer may take, a commit that waits for the standbys included. Afterwards the connection is dropped. */
  answerMs: 10_000,
  /** A transaction whose server is frozen keeps others waiting for at most so long. */
  idleInTransactionMs: 5_000,
  /** For how long a call looks for a connection before it fails. */
  waitMs: 5_000,
  /** Pauses between attempts: the first, and the longest. */
  retryMs: 50,
  maxRetryMs: 1_000,
  /** Interval of the looks whether the connection that listens is alive. */
  pingMs: 5_000,
} as const;

/** Limits of the store on PostgreSQL. */
export const POSTGRES_STORE = {
  /** Transactions in flight; each mailbox belongs to one lane. */
  lanes: 4,
  /** Calls, messages and bytes of bodies in one transaction. */
  callsPerTransaction: 512,
  messagesPerTransaction: 1_024,
  bytesPerTransaction: 4 * 1024 * 1024,
  /** How long a claim may be on its way, in the database's time: one that wakes up later must not end a newer session. */
  claimMs: 10_000,
  /** Sessions of a device whose pushes can still be noted, the newest ones. */
  keptSessions: 16,
  /** Mailboxes of which is known up to which seq they are durable. */
  knownMailboxes: 100_000,
  /** Of what a sender has sent: mailboxes that are looked for at a time, and those that messages are read from. */
  placesAtATime: 500,
  mailboxesOfPage: 64,
  /** Outboxes of a user that were claimed less long ago are known. */
  keptOutboxMs: 30 * 24 * 3_600_000,
} as const;

/** Notices between servers. */
export const BUS = {
  /** A payload of NOTIFY is shorter than 8,000 bytes. */
  maxPayloadBytes: 7_999,
  /** Notices are gathered for this long: each NOTIFY takes a lock of the whole database cluster. */
  gatherMs: 3,
  /** Characters that wait for all servers together while there is no connection. More are dropped: notices are hints. */
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

/** Changes of accounts. */
export const ACCOUNT_CHANGE = {
  /** How often one is tried whose end is unknown. */
  maxTries: 3,
} as const;
