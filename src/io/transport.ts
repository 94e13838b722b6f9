/** A connection as an interface: text messages in both directions, and its end. Nothing here depends on WebSocket. */

/** Callbacks of the owner of a transport. None is called after `closed`. */
export interface TransportEvents {
  /** One text message; undefined for a binary one, which is passed over (R2). `bytes`: its size, as UTF-8 for text. */
  received(text: string | undefined, bytes: number): void;
  /** The connection is closed. Called exactly once. `code` is 1006 when there was no close frame. */
  closed(code: number, reason: string): void;
}

/** One end of a connection. */
export interface Transport {
  /** Never throws; does nothing when the connection is closed. */
  send(text: string): void;
  /** Bytes that were passed to `send` and are not yet accepted by the operating system. */
  readonly bufferedBytes: number;
  /** Stops reading: backpressure on the peer. `resume` starts it again. */
  pause(): void;
  resume(): void;
  /**
   * Starts the closing handshake; the connection is cut when the peer does not answer in time. From now on `received` is
   * not called any more, only `closed`.
   */
  close(code: number, reason: string): void;
  /** Destroys the connection without a handshake. From now on `received` is not called any more, only `closed`. */
  cut(): void;
}

/** Server side: called for each new connection; returns the callbacks for it. */
export type Accept = (transport: Transport, peer: Peer) => TransportEvents;

/** The other end of an accepted connection, for the server. */
export interface Peer {
  /** Address and port, for the log. */
  readonly address: string;
  /** Both of them. */
  readonly host: string;
  readonly port: number;
  /** The network that the address belongs to, see `networkOf`. */
  readonly network: string;
  /** To be called as soon as the login is right and there is a place for it: the connection is no stranger any more. */
  recognised(): void;
  /** To be called after login. Until then the transport reads at most WIRE.maxBytesBeforeLogin (R1). */
  trust(): void;
}

/** A listening server socket. */
export interface Listener {
  /** The address, with the port that the system chose: `ws://127.0.0.1:4690`. */
  readonly url: string;
  /** Refuses new connections; open ones stay open. */
  stopAccepting(): void;
  /** Stops accepting; resolves when every connection is closed and the port is free. */
  close(): Promise<void>;
}

/** Client side: starts to connect. `opened` is called before the first `received`; a failed attempt calls `closed` only. */
export type Dial = (url: string, events: TransportEvents & { opened(): void }) => Transport;
