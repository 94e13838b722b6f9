/** The bounds of a journal. */
export const JOURNAL = {
  /** The same for a client's journal, whose state is written anew in one go. */
  rewriteBytes: 1024 * 1024,
  /** Bytes waiting for the disk before appends are refused with `unavailable`. */
  maxQueuedBytes: 64 * 1024 * 1024,
  /** Bytes written between two fdatasyncs at the most; the rest joins the next batch. */
  maxBatchBytes: 4 * 1024 * 1024,
  /** After a full disk, how long until the next attempt to write. */
  fullDiskRetryMs: 1_000,
} as const;
