/** The bounds that both ends must agree on. Those of the server, the store, the client and so on lie in their own folders. */

/** Other numbers for the same bounds: what was set instead of the default. */
export type Bounds<T> = { readonly [K in keyof T]: number };

/** Bounds of what travels between client and server. */
export const WIRE = {
  /** One WebSocket message, after login. Larger ones end the connection (1009). */
  maxMessageBytes: 256 * 1024,
  /** What a client accepts in one message: a push is a little longer than the `message` it came from. */
  maxServerMessageBytes: 260 * 1024,
  /** All that a connection may send before it is logged in (R1). More ends the connection. */
  maxBytesBeforeLogin: 4 * 1024,
  /** A body, as UTF-8. One byte more is refused with `too-large`. */
  maxBodyBytes: 64 * 1024,
  /** Frames in one package. A larger array is passed over (R2). */
  maxFramesPerPackage: 256,
  /** Characters in an id, printable ASCII. */
  maxIdLength: 128,
  /** Ids in one `status`, `stored` or `delivered` frame. */
  maxIdsPerFrame: 1_000,
  /** Characters in a user name. */
  maxUserLength: 32,
  /** How often a client should send a heartbeat (R13). Announced in `welcome`. */
  heartbeatMs: 30_000,
  /** A connection on which nothing was received for this long is closed with 4001 (R13). Announced in `welcome`. */
  idleMs: 90_000,
  /** Messages that a client may have unanswered at a time. Announced in `welcome`. */
  window: 1_000,
} as const;

/** Bounds of the frames with which operators look at queues and move them. */
export const QUEUE = {
  maxMailboxesPerFrame: 500,
  maxMessagesPerFrame: 256,
  /** A page of messages; one that is larger alone is a page of its own. */
  maxBytesPerFrame: 192 * 1024,
  /** UTF-16 units of what was asked for that an audit keeps. */
  maxAuditedFilter: 256,
  /** Runs of seqs that an audit names; what was done to others is only counted. */
  maxAuditRanges: 20,
  /** Runs of operators in one `audit` answer: all that a store keeps. */
  maxAuditsPerFrame: 256,
} as const;
