/** A wire on top of one WebSocket of the `ws` library: what the server's end and the client's end have in common. */
import type { Duplex } from 'node:stream';
import { TRANSPORT } from './limits.js';
import type { Transport, TransportEvents } from './transport.js';
import { WebSocket } from './ws-library.js';

/** The WebSocket subprotocol that this version of the protocol is. */
export const SUBPROTOCOL = 'im.v1';

/** Options of `ws` that both ends share. Nothing is compressed, nothing that is checked by default is skipped. */
export const websocketOptions = (maxPayload: number, closeTimeout: number = TRANSPORT.closeTimeoutMs) => ({
  perMessageDeflate: false,
  maxPayload,
  maxFragments: TRANSPORT.maxFragments,
  maxBufferedChunks: TRANSPORT.maxChunks,
  closeTimeout,
});

/** The code that `ws` closed with when the peer broke RFC 6455; 1002 for all the others. */
const VIOLATIONS: ReadonlyMap<string, number> = new Map([
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
]);

interface Cause {
  readonly code: number;
  readonly reason: string;
}

const NO_CLOSE_FRAME = 1006;
/** Reset, ended without a word, or silent: the `ws` library does not tell which. */
const BROKEN: Cause = { code: NO_CLOSE_FRAME, reason: 'the connection broke' };
const CUT: Cause = { code: NO_CLOSE_FRAME, reason: 'the connection was cut' };
const MAX_REASON_BYTES = 123;

export class WsTransport implements Transport {
  readonly #socket: WebSocket;
  #events: TransportEvents | undefined;
  /** This end has ended the connection: what still arrives is dropped. */
  #deaf = false;
  /** Why the connection ended, if this end knows it better than the peer. */
  #cause: Cause | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#deaf) return;
      this.#events?.received(isBinary ? undefined : data.toString(), data.length);
    });
    socket.on('error', (error) => {
      this.#cause ??= causeOf(error);
    });
    socket.on('close', (code, reason) => {
      this.#deaf = true;
      const said = code === NO_CLOSE_FRAME ? BROKEN : { code, reason: reason.toString() };
      const cause = this.#cause ?? said;
      this.#events?.closed(cause.code, cause.reason);
    });
  }

  /** Whom to tell. To be called in the turn in which the wire is made. */
  tell(events: TransportEvents): void {
    this.#events = events;
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  pause(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  close(code: number, reason: string): void {
    if (this.#deaf) return;
    this.#deaf = true;
    if (this.#socket.readyState === WebSocket.CLOSING) {
      this.#socket.terminate(); // The peer has ended its side, and might never read what is left for it.
      return;
    }
    this.#socket.close(code, fitReason(reason));
    this.resume(); // A paused socket would not see the peer's answer.
  }

  cut(): void {
    this.#deaf = true;
    this.#cause ??= CUT;
    this.#socket.terminate();
  }

  /** Closes because of what came in, and reads nothing more, not even the peer's answer. `stream` is the socket beneath. */
  protected refuse(stream: Duplex, code: number, reason: string): void {
    if (this.#deaf) return;
    this.#cause = { code, reason };
    this.close(code, reason);
    stream.removeAllListeners('data');
    stream.resume();
    stream.end();
  }
}

/** What a person should know of an error of the connection: the code of the system or of TLS stays visible. */
function causeOf(error: Error & { readonly code?: string }): Cause {
  const code = error.code ?? '';
  const message = error instanceof AggregateError ? messagesOf(error) : error.message;
  const reason = message.includes(code) ? message : `${message} (${code})`;
  if (!code.startsWith('WS_ERR_')) return { code: NO_CLOSE_FRAME, reason };
  return { code: VIOLATIONS.get(code) ?? 1002, reason };
}

/** A name with several addresses fails once for each of them. */
function messagesOf(error: AggregateError): string {
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join(', ');
}

/** As much of a reason as a close frame can carry, in whole characters. */
function fitReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}
