/** Limits of a journal. */
export const JOURNAL = {
  /** Bytes of a state journal after which its state is written again. */
  rewriteBytes: 1024 * 1024,
  /** UTF-16 units of queued records beyond which appends are refused with `unavailable`. */
  maxQueuedBytes: 64 * 1024 * 1024,
  /** Bytes after which a batch takes no more records; the rest is the next batch. */
  maxBatchBytes: 4 * 1024 * 1024,
  /** How long writes are refused after a full disk. */
  fullDiskRetryMs: 1_000,
} as const;
