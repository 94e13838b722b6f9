/** Limits of the file store: checkpoints, mailboxes in memory, and snapshots that other processes take. */
export const FILE_STORE = {
  /** Bytes of journal after which a checkpoint of a few mailboxes is due. Limits the duration of a start. */
  checkpointBytes: 64 * 1024 * 1024,
  /** With n times as many mailboxes a checkpoint is due after n times as many bytes: a file costs as much as its share. */
  mailboxesPerCheckpoint: 2_000,
  /** Bytes of journal beyond which writes wait for a checkpoint: a hard limit for the duration of a start. */
  maxJournalBytes: 1024 * 1024 * 1024,
  /** A record costs a start as much as so many bytes, besides its own: so a million short messages are enough, too. */
  recordBytes: 1024,
  /** Bytes after which a segment of the journal is followed by another one. After a crash the last one is written again. */
  segmentBytes: 64 * 1024 * 1024,
  /** With more mailboxes than this in the journal, a stop leaves it to the next start instead of writing their files. */
  maxMailboxesAtStop: 1_000,
  /** How long a stop may write the mailboxes' files. */
  maxStopMs: 3_000,
  /** Mailboxes that a checkpoint writes concurrently: two share the cost of an fsync, and the journal keeps threads. */
  mailboxesAtATime: 2,
  /** Turns of the event loop that a checkpoint leaves to the traffic between two chunks of a large mailbox. */
  turnsBetweenChunks: 4,
  /** Mailboxes that were idle for this long are evicted. */
  mailboxIdleMs: 60_000,
  /** Mailboxes that were idle for this long are evicted if all together take more than `idleLoadedBytes`. */
  mailboxIdleSoonMs: 15_000,
  idleLoadedBytes: 192 * 1024 * 1024,
  /** Interval of the sweep that evicts mailboxes. */
  sweepMs: 1_000,
  /** Estimated memory of all loaded mailboxes; beyond it the least recently used ones are evicted. */
  maxLoadedBytes: 512 * 1024 * 1024,
  /** Mailboxes that one page of a sender's undelivered messages is read from, and those of which that page may learn who sent to them. */
  maxMailboxesOfPage: 64,
  maxLearnedForPage: 500,
  /** Outboxes whose newest session is known. What an older session sends late comes within seconds. */
  keptOutboxes: 10_000,
} as const;

/** Limits of a snapshot of a data folder, taken beside its server. */
export const SNAPSHOT = {
  /** Attempts before it fails, if the server changes the list of segments every time. */
  maxAttempts: 100,
  /** Attempts before damage is reported: a change in progress may look like damage. */
  damagedAttempts: 3,
  /** Bytes of journal records in memory at a time. */
  batchBytes: 8 * 1024 * 1024,
  /** Mailboxes that are loaded ahead. */
  readAhead: 4,
} as const;

/** Limits of the watch whether something can be stored. */
export const HEALTH = {
  /** Interval of the looks, which write nothing. */
  lookMs: 1_000,
  /** A disk that has not answered for longer hangs. */
  hangMs: 5_000,
  /** What was written less long ago proves that more can be; then nothing is written to try it. */
  writeMs: 5_000,
  /** Bytes that are written to try it: more than file systems keep beside a name. */
  writeBytes: 64 * 1024,
} as const;
