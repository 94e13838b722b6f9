/** A plain HTTP request, and its answer, as an interface: for those who do not speak WebSocket. Nothing here depends on node:http. */
import type { Peer } from './transport.js';

export interface HttpExchange {
  readonly method: string;
  /** As sent: the path with its query. */
  readonly target: string;
  /** It comes from a web page of an origin that may not connect (R20). */
  readonly isFromWebPage: boolean;
  readonly peer: Pick<Peer, 'address' | 'host' | 'port' | 'network'>;
  /** The values of a header, one for each line; empty: it is absent. @param name in lower case. */
  header(name: string): readonly string[];
  /** To be called when the token is right, and there is a place for it: until the answer the connection is no stranger. */
  recognised(): void;
  /** Reads the body. It is `too-large` if it has more bytes than this, and `gone` if the exchange is over before its end. */
  body(maxBytes: number): Promise<Uint8Array | 'too-large' | 'gone'>;
  /** It is answered, or its connection is closed. */
  readonly isOver: boolean;
  /** Called once when the connection is closed before the answer. */
  onGone(run: () => void): void;
  /** Does nothing if it is over. The connection stays open for the next request only if this one is `recognised`. */
  answer(answer: HttpAnswer): void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Called for each request that is no handshake. Returns whether it answers it; if not, the transport does. */
export type AcceptRequest = (exchange: HttpExchange) => boolean;
