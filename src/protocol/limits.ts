/**
 * Every bound of the system in one place: nothing here grows without a number, and each number has a behaviour.
 * Units stand in the names. The protocol's own limits are announced in `welcome`.
 */

/** Other numbers for the same bounds: what was set instead of what stands here. */
export type Bounds<T> = { readonly [K in keyof T]: number };

/** Bounds of what may travel on the wire. They are part of the protocol: both ends must agree on them. */
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
} as const;

/** Bounds of one connection below its messages: handshakes and pieces. */
export const CONNECTION = {
  /** A connection that has not become a WebSocket by then is cut. */
  handshakeTimeoutMs: 10_000,
  /** Headers of the request that asks for a WebSocket. */
  maxHeaderBytes: 8 * 1024,
  /** WebSocket framing allowed on top of WIRE.maxBytesBeforeLogin. */
  framingBytesBeforeLogin: 64,
  /** A closing handshake that takes longer is cut. */
  closeTimeoutMs: 3_000,
  /** Pieces in which one message may come: WebSocket fragments, and reads of the socket. More end the connection (1008). */
  maxFragments: 1_024,
  maxChunks: 16_384,
  /** Connections that wait in the system to be accepted. */
  backlog: 1_024,
  /** Sockets above SESSION.maxConnections: handshakes, and those that are being told 4003. */
  spareSockets: 1_024,
} as const;

/** Bounds of one session, on the server. */
export const SESSION = {
  /** A connection that has not logged in by then is closed with 4000 (R1). */
  loginTimeoutMs: 10_000,
  /** How often a client should send a heartbeat (R13). */
  heartbeatMs: 30_000,
  /** A connection on which nothing was received for this long is closed with 4001 (R13). */
  idleMs: 90_000,
  /** Messages a client may have unanswered at a time; announced as `window`. */
  window: 1_000,
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
} as const;

/** Bounds of one mailbox. Settable by `im serve`. */
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

/** Bounds of the files. */
export const STORAGE = {
  /** Bytes of journal after which a checkpoint is due. Bounds the time of a start. */
  checkpointBytes: 64 * 1024 * 1024,
  /** Bytes of journal at which writing waits for a checkpoint. Bounds the time of a start for good. */
  maxJournalBytes: 192 * 1024 * 1024,
  /** Mailboxes that a checkpoint writes at a time: two share the cost of a sync, and leave threads to the journal. */
  mailboxesAtATime: 2,
  /** The same for a client's journal, whose state is written anew in one go. */
  rewriteBytes: 1024 * 1024,
  /** Bytes waiting for the disk before appends are refused with `unavailable`. */
  maxQueuedBytes: 64 * 1024 * 1024,
  /** Bytes written between two fdatasyncs at the most; the rest joins the next batch. */
  maxBatchBytes: 4 * 1024 * 1024,
  /** Mailboxes idle for this long leave memory. */
  mailboxIdleMs: 60_000,
  /** How often idle ones are looked for. */
  sweepMs: 1_000,
  /** What the mailboxes in memory may weigh together, estimated; beyond it those that were used least lately leave earlier. */
  maxLoadedBytes: 512 * 1024 * 1024,
  /** After a full disk, how long until the next attempt to write. */
  fullDiskRetryMs: 1_000,
} as const;

/** Bounds of what operators do with queues. */
export const QUEUE = {
  maxMailboxesPerFrame: 500,
  maxMessagesPerFrame: 256,
  /** A page of messages; one that is larger alone is a page of its own. */
  maxBytesPerFrame: 192 * 1024,
  /** Replayed messages that wait for a session to take them. */
  maxReplays: 4_096,
  /** UTF-16 units of what was asked for that an audit keeps. */
  maxAuditedFilter: 256,
  /** Runs of seqs that an audit names; what was done to others is only counted. */
  maxAuditRanges: 20,
  /** Messages, or mailboxes, whose changes can be watched at a time. */
  maxWatched: 100_000,
} as const;

/** Bounds of looking at a data folder beside its server. */
export const SNAPSHOT = {
  /** How often it is begun anew because the server changed what counts; then it fails. */
  maxAttempts: 100,
  /** How often damage is looked at again before it is believed: what is being changed looks like it for a moment. */
  damagedAttempts: 3,
  /** Bytes of journal whose records are in memory at a time. */
  batchBytes: 8 * 1024 * 1024,
  /** Mailboxes that are read in advance. */
  readAhead: 4,
} as const;

/** Bounds of the operations port. */
export const OPS = {
  requestTimeoutMs: 10_000,
  /** One more is dropped without a word. */
  maxConnections: 64,
} as const;

/** Bounds of `im send`. */
export const SENDING = {
  /** Messages that are not answered yet: more than the window, so that the client always has the next ones at hand. */
  maxPending: 4 * SESSION.window,
  /** UTF-16 units of their bodies. */
  maxPendingUnits: 4 * 1024 * 1024,
  /** Failures that are named when the first stops everything: the others were under way, and are only counted. */
  maxNamed: 10,
  /** How long it waits for the answers to what it has sent, when somebody wants it to end. */
  lastAnswersMs: 3_000,
} as const;

/** Bounds of what is told of a command that was run (`im send --exec`). */
export const COMMAND_REPORT = {
  /** Of the end of what it printed. */
  maxLines: 20,
  maxOutputBytes: 4 * 1024,
  /** Characters of the command itself. */
  maxCommandLength: 200,
} as const;

/** Bounds of the client. */
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
} as const;

/** Bounds of the local history. */
export const HISTORY = {
  /** A segment that is larger is followed by a new one. It is what is read at a time. */
  maxSegmentBytes: 256 * 1024,
  /** What is kept of a conversation, if not set otherwise: then the oldest segments go. */
  maxBytesPerPeer: 64 * 1024 * 1024,
  /** Conversations whose newest segment is open for adding. */
  maxOpenLogs: 64,
} as const;

/** Bounds of the chat client's screen. */
export const TUI = {
  /** Between two drawings of what comes in by itself. A key is drawn at once. */
  frameMs: 33,
  /** How often times on the screen go on. */
  tickMs: 1_000,
  /** UTF-16 units in the composer; a longer paste does not get in. What can be sent is bounded by WIRE.maxBodyBytes. */
  maxComposerLength: 256 * 1024,
  /** Steps that can be undone. */
  maxUndo: 100,
  /** Rows of the composer; a longer text scrolls in them. */
  maxComposerRows: 5,
  /** Segments of the history that are loaded at a time, of one conversation; what is further away is on disk. */
  maxLoadedSegments: 4,
  /** Messages whose rows are kept. */
  maxKeptRows: 512,
  /** Conversations that are loaded at a time: those that were open last. */
  maxLoadedConversations: 16,
  /** What a command may become, of which so many are shown. */
  maxOffers: 8,
  /** Refused messages that are remembered, in each conversation. */
  maxFailed: 1_000,
  /** Messages that one search shows. */
  maxFound: 500,
  /** Messages among which what one wrote before is looked for. */
  maxRecalledFrom: 1_000,
  /** A message that was sent so long before the one above it came late. */
  lateMs: 60_000,
  /** Without a key for so long, nobody is there to read what comes. */
  presentMs: 60_000,
  /** UTF-16 units of a sequence from the terminal that has no end yet; a longer one is dropped. */
  maxReportLength: 4 * 1024,
} as const;
