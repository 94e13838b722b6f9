/** The bounds of a connection below its messages: handshakes, WebSocket framing, sockets. */
export const TRANSPORT = {
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
  /** Sockets beside the sessions: handshakes, and connections that are being refused with 4003. */
  spareSockets: 1_024,
  /** Sockets in all, where the caller sets no other number. */
  maxSockets: 65_536 + 1_024,
} as const;
