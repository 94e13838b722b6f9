/**
 * Plain HTTP requests on the port of the WebSocket, on node:http, one at a time on each connection. A connection is a stranger
 * before its token is known to be right, and again when it was answered. Everything has a bound: headers and their time by
 * node:http, the body and the time for it, the requests of a connection, the time between them, and that for the answer.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from './clock.js';
import type { AcceptRequest, HttpAnswer, HttpExchange } from './http-exchange.js';
import { hostAndPort } from './http-listen.js';
import { TRANSPORT } from './limits.js';
import { networkOf, plainAddress } from './network.js';

/** What these requests need of the door. */
interface Doorkeeper {
  /** This connection is no stranger any more. */
  leave(socket: Socket): void;
  /** It is one again. */
  back(socket: Socket): void;
  /** It is answered before it is cut at the end. */
  busy(socket: Socket, isBusy: boolean): void;
}

interface HttpRequestsOptions {
  readonly accept: AcceptRequest;
  readonly door: Doorkeeper;
  readonly isFromWebPage: (request: IncomingMessage) => boolean;
  /** For requests that `accept` does not answer. */
  readonly fallback: RequestListener;
  /** A connection whose peer has not taken the answer by then is cut. */
  readonly closeTimeoutMs: number | undefined;
}

export class HttpRequests {
  /** What is not answered yet, by connection. */
  readonly #open = new Map<Socket, NodeExchange>();
  /** Connections that end after the answer that they have got. */
  readonly #ending = new WeakSet<Socket>();
  #isClosing = false;

  constructor(private readonly options: HttpRequestsOptions) {}

  listen(server: Server): void {
    server.on('request', (request, response) => this.#handle(request, response, false));
    server.on('checkContinue', (request, response) => this.#handle(request, response, true));
  }

  /** From now on each connection ends after its answer. */
  close(): void {
    this.#isClosing = true;
    for (const exchange of this.#open.values()) exchange.isLast = true;
  }

  /** Whether nothing may begin on this connection: a request is being handled, or was the last one. */
  isTaken(socket: Socket): boolean {
    return this.#open.has(socket) || this.#ending.has(socket);
  }

  #handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { socket } = request;
    if (this.#ending.has(socket)) return;
    const before = this.#open.get(socket);
    if (before !== undefined) {
      // RFC 9112, 9.3.2: requests that follow without waiting need not be answered. The connection ends after the one before.
      before.isLast = true;
      request.resume();
      ignoreRest(socket);
      return;
    }
    const { door, accept, fallback, isFromWebPage, closeTimeoutMs = TRANSPORT.closeTimeoutMs } = this.options;
    const exchange = new NodeExchange(request, response, door, {
      expectsContinue,
      isFromWebPage: isFromWebPage(request),
      closeTimeoutMs,
      onOver: (isLast) => {
        this.#open.delete(socket);
        if (isLast) this.#ending.add(socket);
        door.busy(socket, false);
      },
    });
    exchange.isLast = this.#isClosing;
    this.#open.set(socket, exchange);
    door.busy(socket, true);
    if (accept(exchange)) return;
    exchange.abandon();
    fallback(request, response);
  }
}

/** Goes on reading, or nobody would notice that the peer leaves; nothing is parsed any more. */
function ignoreRest(socket: Socket): void {
  let left: number = TRANSPORT.maxIgnoredBytes;
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
}

interface NodeExchangeOptions {
  readonly isFromWebPage: boolean;
  readonly expectsContinue: boolean;
  readonly closeTimeoutMs: number;
  /** Called once, when it is over. @param isLast nothing more is answered on this connection. */
  readonly onOver: (isLast: boolean) => void;
}

class NodeExchange implements HttpExchange {
  readonly method: string;
  readonly target: string;
  readonly isFromWebPage: boolean;
  readonly peer: HttpExchange['peer'];
  /** The connection ends after the answer. */
  isLast = false;
  #isOver = false;
  #isRecognised = false;
  readonly #gone: (() => void)[] = [];

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly door: Doorkeeper,
    private readonly options: NodeExchangeOptions,
  ) {
    const { method = '', url = '', socket } = request;
    const { remoteAddress = 'gone', remotePort = 0 } = socket;
    this.method = method;
    this.target = url;
    this.isFromWebPage = options.isFromWebPage;
    const [host, port] = [plainAddress(remoteAddress), remotePort];
    this.peer = { host, port, address: hostAndPort(host, port), network: networkOf(remoteAddress) };
    response.once('close', this.#closed);
    response.on('error', () => undefined); // The connection is closed, which `close` reports.
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  header(name: string): readonly string[] {
    return this.request.headersDistinct[name] ?? [];
  }

  recognised(): void {
    if (this.#isOver) return;
    this.#isRecognised = true;
    this.door.leave(this.request.socket);
  }

  onGone(run: () => void): void {
    this.#gone.push(run);
  }

  async body(maxBytes: number): Promise<Uint8Array | 'too-large' | 'gone'> {
    const { request, response, options } = this;
    if (this.#isOver) return 'gone';
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too-large';
    if (options.expectsContinue) response.writeContinue();
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve) => {
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBytes) chunks.push(chunk);
        else resolve('too-large');
      });
      request.once('end', () => resolve(Buffer.concat(chunks)));
      response.once('close', () => resolve('gone'));
    });
  }

  answer({ status, contentType, headers, text }: HttpAnswer): void {
    if (this.#isOver) return;
    const { request, response } = this;
    const { socket } = request;
    const goesOn = this.#isRecognised && !this.isLast && request.complete;
    this.#end(!goesOn);
    response.writeHead(status, {
      ...headers,
      'content-type': contentType,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...(!goesOn && { connection: 'close' }),
    });
    // A peer that does not read, or goes on sending.
    const timer = systemClock.after(this.options.closeTimeoutMs, () => socket.destroy());
    response.once('close', () => timer.cancel());
    if (goesOn) {
      this.door.back(socket);
      response.end(text);
    } else if (request.complete) response.end(text);
    else this.#endAfterBody(text);
  }

  /** Somebody else answers it, and ends the connection. */
  abandon(): void {
    if (!this.#isOver) this.#end(true);
  }

  /** To close a connection while the peer still sends would destroy the answer on its way. */
  #endAfterBody(text: string): void {
    const { request, response } = this;
    let left: number = TRANSPORT.maxIgnoredBytes;
    response.write(text);
    request.removeAllListeners('data');
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) request.socket.destroy();
    });
    request.once('end', () => response.end());
  }

  #end(isLast: boolean): void {
    this.#isOver = true;
    this.response.off('close', this.#closed);
    this.options.onOver(isLast);
  }

  readonly #closed = (): void => {
    if (this.#isOver) return;
    this.#end(true);
    for (const run of this.#gone) run();
  };
}
