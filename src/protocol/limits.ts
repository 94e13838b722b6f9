/** Limits that client and server must agree on. The limits of each side are in `limits.ts` of its own folder. */

/** The same limits with other numbers, where some are configurable. */
export type Bounds<T> = { readonly [K in keyof T]: number };

/** Limits of the protocol between client and server. */
export const WIRE = {
  /** One WebSocket message from a client, after login. A larger one ends the connection (1009). */
  maxMessageBytes: 256 * 1024,
  /** One WebSocket message from a server: a push is a little longer than the `message` that it delivers. */
  maxServerMessageBytes: 260 * 1024,
  /** Everything that a connection may send before login (R1). More ends the connection (1009). */
  maxBytesBeforeLogin: 4 * 1024,
  /** A body, in bytes of UTF-8. A larger one is refused with `too-large`. */
  maxBodyBytes: 64 * 1024,
  /** Frames in one package (a JSON array). A larger one is passed over (R2). */
  maxFramesPerPackage: 256,
  /** Characters in a message id, printable ASCII. */
  maxIdLength: 128,
  /** Ids in one `status`, `stored` or `delivered` frame. */
  maxIdsPerFrame: 1_000,
  /** Characters in a user name. */
  maxUserLength: 32,
  /** Devices in one `devices` frame. */
  maxDevicesPerFrame: 64,
  /** Tokens of a user. */
  maxTokensPerUser: 64,
  /** Users whom a user blocks, and users who may write to one, if an operator says who. */
  maxSendersPerFrame: 500,
  /** Users in one `account` frame. */
  maxUsersPerFrame: 1_000,
  /** UTF-16 units in a sentence for people: the `message` of an `error`, the `fault` of a mailbox. */
  maxSentenceLength: 512,
  /** Interval at which a client sends heartbeats (R13). Announced in `welcome`. */
  heartbeatMs: 30_000,
  /** A connection that receives nothing for this long is closed with 4001 (R13). Announced in `welcome`. */
  idleMs: 90_000,
  /** Messages that a client may have sent without an answer. Announced in `welcome`. */
  window: 1_000,
} as const;

/** Limits of the frames with which operators inspect and change queues. */
export const QUEUE = {
  maxMailboxesPerFrame: 500,
  maxMessagesPerFrame: 256,
  /** Bytes of JSON in a page of mailboxes or messages; a single larger message is a page of its own. */
  maxBytesPerFrame: 192 * 1024,
  /** Traces of messages with one id in one mailbox, a page of them, and events in one of them: more than a store keeps. */
  maxTracesPerFrame: 64,
  maxEventsPerTrace: 512,
  /** UTF-16 units of the `filter` in an audit entry. */
  maxAuditedFilter: 256,
  /** Ranges of seqs in an audit entry; further messages are only counted. */
  maxAuditRanges: 20,
  /** Entries in one `audit` answer: as many as a store keeps. */
  maxAuditsPerFrame: 256,
} as const;

/** Limits of `?wait=delivered` of a message by HTTP. */
export const HTTP_WAIT = {
  /** Without `timeout`. */
  defaultMs: 10_000,
  maxMs: 60_000,
} as const;
