/** The bounds of the file store: when it writes a checkpoint, what it keeps in memory, how a folder is read beside it. */
export const FILE_STORE = {
  /** Bytes of journal after which a checkpoint is due. Bounds the time of a start. */
  checkpointBytes: 64 * 1024 * 1024,
  /** Bytes of journal at which writing waits for a checkpoint. Bounds the time of a start for good. */
  maxJournalBytes: 192 * 1024 * 1024,
  /** Mailboxes that a checkpoint writes at a time: two share the cost of a sync, and leave threads to the journal. */
  mailboxesAtATime: 2,
  /** Mailboxes idle for this long leave memory. */
  mailboxIdleMs: 60_000,
  /** How often idle ones are looked for. */
  sweepMs: 1_000,
  /** What the mailboxes in memory may weigh together, estimated; beyond it those that were used least lately leave earlier. */
  maxLoadedBytes: 512 * 1024 * 1024,
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
