/** The port to a connection: text messages both ways, and how it ends. Nothing here knows WebSocket. */

/** What the owner of a wire is told. Nothing is called after `closed`. */
export interface TransportEvents {
  /** One text message, or undefined for a binary one: that is passed over (R2). `bytes` is its size on the wire. */
  received(text: string | undefined, bytes: number): void;
  /** The connection is gone, for whatever reason, exactly once. 1006: without a close frame. */
  closed(code: number, reason: string): void;
}

export interface Transport {
  /** Never throws: after the end of the connection it does nothing. */
  send(text: string): void;
  /** Bytes accepted by `send` and not yet taken by the operating system. */
  readonly bufferedBytes: number;
  /** Stop and start reading: the peer feels it as back-pressure. */
  pause(): void;
  resume(): void;
  /**
   * A closing handshake; the connection is cut when the peer does not answer it in time. From now on nothing is
   * `received`, only `closed`.
   */
  close(code: number, reason: string): void;
  /** Cut at once, without a handshake. From now on nothing is `received`, only `closed`. */
  cut(): void;
}

/** The server's end: called for each connection; returns who is told what happens on it. */
export type Accept = (transport: Transport, peer: Peer) => TransportEvents;

export interface Peer {
  /** Address and port, for the log. */
  readonly address: string;
  /** Called once after login: until then the wire reads no more than WIRE.maxBytesBeforeLogin. */
  trust(): void;
}

export interface Listener {
  /** Where it listens, with the port that was picked: `ws://127.0.0.1:4690`. */
  readonly url: string;
  /** Accepts no more connections; those that are open stay. */
  stopAccepting(): void;
  /** Resolves when every connection is closed and the port is free. */
  close(): Promise<void>;
}

/** The client's end: begins to connect. `opened` comes before the first `received`; a failure is `closed`. */
export type Dial = (url: string, events: TransportEvents & { opened(): void }) => Transport;
