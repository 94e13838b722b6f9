/** The limits of the local history. */
export const HISTORY = {
  /** Once a segment has reached this size, the next record begins a new one. A segment is the unit of reading. */
  maxSegmentBytes: 256 * 1024,
  /** The default quota of one conversation; beyond it the oldest segments are removed. */
  maxBytesPerPeer: 64 * 1024 * 1024,
  /** Conversations whose newest segment is open for appending. */
  maxOpenLogs: 64,
} as const;
