/** The bounds of the local history. */
export const HISTORY = {
  /** A segment that is larger is followed by a new one. It is what is read at a time. */
  maxSegmentBytes: 256 * 1024,
  /** What is kept of a conversation, if not set otherwise: then the oldest segments go. */
  maxBytesPerPeer: 64 * 1024 * 1024,
  /** Conversations whose newest segment is open for adding. */
  maxOpenLogs: 64,
} as const;
