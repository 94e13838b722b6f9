/** A transport on one WebSocket of the `ws` library: the part that server and client share. */
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import { TRANSPORT } from './limits.js';
import type { Transport, TransportEvents } from './transport.js';

/** `ws`, loaded by `require`: its ES module takes twice as long, and a short command such as `im send` is mostly loading. */
export const { WebSocket, WebSocketServer } = createRequire(import.meta.url)('ws') as typeof import('ws');
export type WebSocket = InstanceType<typeof WebSocket>;
export type WebSocketServer = InstanceType<typeof WebSocketServer>;

/** The WebSocket subprotocol of this version of the protocol. */
export const SUBPROTOCOL = 'im.v1';

/** Options of `ws` for both ends: no compression, and every check that `ws` makes by default. */
export const websocketOptions = (maxPayload: number, closeTimeout: number = TRANSPORT.closeTimeoutMs) => ({
  perMessageDeflate: false,
  maxPayload,
  maxFragments: TRANSPORT.maxFragments,
  maxBufferedChunks: TRANSPORT.maxChunks,
  closeTimeout,
});

/** Errors of `ws` when the peer breaks RFC 6455, and the code that `ws` closes with; 1002 for all others. */
const VIOLATIONS: ReadonlyMap<string, number> = new Map([
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
]);

/** What OpenSSL says when the other end does not speak TLS. */
const NO_TLS_TEXT = /^.*:(wrong version number|packet length too long):.*$/s;

interface CloseCause {
  readonly code: number;
  readonly reason: string;
}

const NO_CLOSE_FRAME = 1006;
/** Reset, ended without a close frame, or timed out: `ws` does not distinguish them. */
const BROKEN: CloseCause = { code: NO_CLOSE_FRAME, reason: 'the connection broke' };
const CUT: CloseCause = { code: NO_CLOSE_FRAME, reason: 'the connection was cut' };
/** RFC 6455: a control frame holds 125 bytes, and the code takes 2 of them. */
const MAX_REASON_BYTES = 123;

export class WsTransport implements Transport {
  readonly #socket: WebSocket;
  #events: TransportEvents | undefined;
  /** This end has closed or cut the connection: incoming messages are dropped. */
  #isClosing = false;
  /** Why the connection ended, when this end knows more than the close frame. */
  #cause: CloseCause | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#isClosing) return;
      this.#events?.received(isBinary ? undefined : data.toString(), data.length);
    });
    socket.on('error', (error) => {
      this.#cause ??= causeOf(error);
    });
    socket.on('close', (code, reason) => {
      this.#isClosing = true;
      const cause = this.#cause ?? (code === NO_CLOSE_FRAME ? BROKEN : { code, reason: reason.toString() });
      this.#events?.closed(cause.code, cause.reason);
    });
  }

  /** Sets the callbacks. To be called in the same turn of the event loop as the constructor, so that no event is lost. */
  attach(events: TransportEvents): void {
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
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#socket.readyState === WebSocket.CLOSING) {
      this.#socket.terminate(); // The peer has closed its side, and may never read what is still buffered.
      return;
    }
    this.#socket.close(code, fitReason(reason));
    this.resume(); // A paused socket would not receive the peer's answer.
  }

  cut(): void {
    this.#isClosing = true;
    this.#cause ??= CUT;
    this.#socket.terminate();
  }

  /** Cuts the connection because of this error. */
  fail(error: Error): void {
    this.#cause ??= causeOf(error);
    this.cut();
  }

  protected get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Closes because of what the peer sent, and reads nothing more, not even a close frame. `stream`: the socket below. */
  protected closeAndStopReading(stream: Duplex, code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#cause = { code, reason };
    this.close(code, reason);
    stream.removeAllListeners('data');
    stream.resume();
    stream.end();
  }
}

/** A connection error as a close code and a reason, which contains the error code of the system or of TLS. */
function causeOf(error: Error & { readonly code?: string }): CloseCause {
  const code = error.code ?? '';
  const message =
    error instanceof AggregateError
      ? messagesOf(error)
      : error.message.replace(NO_TLS_TEXT, 'the server does not speak TLS');
  const reason = message.includes(code) ? message : `${message} (${code})`;
  if (!code.startsWith('WS_ERR_')) return { code: NO_CLOSE_FRAME, reason };
  return { code: VIOLATIONS.get(code) ?? 1002, reason };
}

/** A host name with several addresses fails once for each of them. */
function messagesOf(error: AggregateError): string {
  return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join(', ');
}

/** Cuts a reason to what fits into a close frame, without splitting a character. */
function fitReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}
