/** Limits of a connection below the protocol (handshakes, WebSocket framing, sockets), of the heap, and of the log. */
export const TRANSPORT = {
  /** A connection that has not completed the WebSocket handshake by then is cut. */
  handshakeTimeoutMs: 10_000,
  /** Headers of the handshake request. */
  maxHeaderBytes: 8 * 1024,
  /** Bytes of WebSocket framing allowed on top of WIRE.maxBytesBeforeLogin. */
  framingBytesBeforeLogin: 64,
  /** A connection whose closing handshake takes longer is cut; so is one whose peer does not take the answer to a request. */
  closeTimeoutMs: 3_000,
  /** An HTTP request that is not complete by then is cut. */
  requestTimeoutMs: 30_000,
  /** How long a connection may wait for its next HTTP request, and how many it may have. */
  keepAliveMs: 5_000,
  maxRequests: 1_000,
  /** Bytes of an HTTP request that are received, and ignored, after its answer. */
  maxIgnoredBytes: 1024 * 1024,
  /** WebSocket fragments of one message, and socket reads that it takes. More end the connection (1008). */
  maxFragments: 1_024,
  maxChunks: 16_384,
  /** A read of so many bytes is the last of its socket in a turn of the event loop, so that a flood does not keep others waiting. */
  largeReadBytes: 16 * 1024,
  /** Connections that wait in the kernel to be accepted. */
  backlog: 4_096,
  /** Connections that have not logged in, handshakes included; beyond it the oldest of the network with the most is cut. */
  maxStrangers: 4_096,
  /** Those of one address (IPv6: of a /64); beyond it the oldest of them is cut. */
  maxStrangersPerNetwork: 1_024,
  /** Sockets on top of sessions and strangers: operators, and sessions that take the place of another one. */
  spareSockets: 256,
  /** Sockets in total, unless the caller sets another number. */
  maxSockets: 65_536 + 4_096 + 256,
} as const;

export const HEAP = {
  /** Bytes of the young generation of V8's heap in `im serve`, or a little more: V8 counts in pages, and doubles. */
  youngBytes: 16 * 1024 * 1024,
} as const;

export const LOG = {
  /** Bytes that wait for a reader of the log that is slow or stuck. Lines beyond are lost. */
  maxPendingBytes: 1024 * 1024,
} as const;
