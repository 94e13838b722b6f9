/** The server's transport: listens for WebSocket connections, with or without TLS. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WIRE } from '../protocol/limits.js';
import { Door, type DoorOptions } from './door.js';
import type { AcceptRequest } from './http-exchange.js';
import { listenHttp } from './http-listen.js';
import { HttpRequests } from './http-requests.js';
import { TRANSPORT } from './limits.js';
import { type Log, silentLog } from './log.js';
import { isNonce, NONCE_HEADER, PROOF_HEADER, type Prove } from './server-proof.js';
import { ServerTransport } from './server-transport.js';
import type { Accept, Listener } from './transport.js';
import { SUBPROTOCOL, WebSocketServer, websocketOptions } from './ws-transport.js';

/** Certificate chain and key, PEM. */
interface TlsFiles {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface WsListener extends Listener {
  /** With TLS: the certificate of new connections; open ones live on. @throws when OpenSSL refuses it: the old one is kept. */
  useCertificate(files: TlsFiles): void;
}

export interface ListenOptions extends DoorOptions {
  readonly host: string;
  /** 0: the system chooses one; see `Listener.url`. */
  readonly port: number;
  /** With it the server accepts `wss:` only. */
  readonly tls?: TlsFiles;
  /**
   * Web origins that may connect, such as `https://chat.example`. Default none: browsers send an `Origin` header, and any
   * web page may open a WebSocket to a server on this machine. Other origins are refused with 403 (R20).
   */
  readonly origins?: readonly string[];
  /** Open sockets; further ones are dropped. Must be higher than the numbers of sessions and of strangers together. */
  readonly maxSockets?: number;
  /** A connection that has not completed the handshake by then is cut. */
  readonly handshakeTimeoutMs?: number;
  /** A connection whose peer has not answered a close frame by then is cut. */
  readonly closeTimeoutMs?: number;
  readonly log?: Log;
  /** Answers requests that are no handshakes. Default: they are told that this is a server for WebSockets. */
  readonly acceptRequest?: AcceptRequest;
  /** Answers clients who want a proof that this is the server on their data folder. */
  readonly prove?: Prove;
}

/**
 * Listens for WebSocket connections and calls `accept` after each handshake. A client that offers no subprotocol is
 * accepted, since `login` has the version; one that offers subprotocols but not `im.v1` is refused with 400.
 * Rejects with the system's error when it cannot listen on the address.
 */
export async function listenWs(options: ListenOptions, accept: Accept): Promise<WsListener> {
  const { host, port, log = silentLog, acceptRequest = () => false } = options;
  const server = createHttpServer(options);
  const isFromWebPage = webPageRule(options.origins);
  const upgrader = createUpgrader(options, isFromWebPage);
  const door = new Door(options);
  const requests = new HttpRequests({
    accept: acceptRequest,
    door,
    isFromWebPage,
    fallback: explain,
    closeTimeoutMs: options.closeTimeoutMs,
  });
  let openTransports = 0;
  let isPortFree = false;
  let allGone = (): void => {};
  const closed = new Promise<void>((resolve) => {
    allGone = () => {
      if (isPortFree && openTransports === 0) resolve();
    };
  });
  const transportClosed = (): void => {
    openTransports--;
    allGone();
  };

  server.maxConnections = options.maxSockets ?? TRANSPORT.maxSockets;
  server.maxRequestsPerSocket = TRANSPORT.maxRequests;
  door.guard(server);
  requests.listen(server);
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (requests.isTaken(request.socket)) return void stream.destroy(); // Sent without waiting for the answer of a request before it.
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      const transport = new ServerTransport(socket, stream, request.socket);
      door.upgraded(request.socket, transport);
      transport.attach(accept(transport, transport));
      openTransports++;
      socket.on('close', transportClosed); // After the transport's listener: `close` resolves after every `closed`.
    });
  });
  upgrader.on('headers', (headers, request) => {
    const nonce = request.headers[NONCE_HEADER];
    const proof = isNonce(nonce) ? options.prove?.(nonce) : undefined;
    if (proof !== undefined) headers.push(`${PROOF_HEADER}: ${proof}`);
  });
  server.on('close', () => {
    isPortFree = true;
    allGone();
  });

  const address = await listenHttp(server, { host, port, backlog: TRANSPORT.backlog }, (error) =>
    log.error('accept failed', error),
  );

  const stopAccepting = (): void => {
    server.close();
    requests.close();
    door.cutHandshakes();
  };
  return {
    url: `${options.tls ? 'wss' : 'ws'}://${address}`,
    useCertificate: ({ cert, key }) => {
      if (server instanceof TlsServer) server.setSecureContext({ cert, key });
    },
    stopAccepting,
    close: () => {
      stopAccepting();
      return closed;
    },
  };
}

function createHttpServer({ tls, handshakeTimeoutMs = TRANSPORT.handshakeTimeoutMs }: ListenOptions): Server {
  const httpOptions = {
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: Math.max(TRANSPORT.requestTimeoutMs, handshakeTimeoutMs),
    keepAliveTimeout: TRANSPORT.keepAliveMs,
    connectionsCheckingInterval: Math.ceil(handshakeTimeoutMs / 10),
    maxHeaderSize: TRANSPORT.maxHeaderBytes,
    noDelay: true,
  };
  if (!tls) return createServer(httpOptions);
  return createTlsServer({ ...httpOptions, ...tls, handshakeTimeout: handshakeTimeoutMs });
}

/** The answer to a plain HTTP request, such as from a browser or a health check. */
const explain: RequestListener = (_request, response) => {
  const text = `This is an im server. It accepts WebSocket connections, subprotocol ${SUBPROTOCOL}, and POST /v1/messages/USER.\n`;
  response.writeHead(426, {
    connection: 'close',
    upgrade: 'websocket',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

/** The origin of the web page that sent this request, as browsers and old drafts of WebSocket say it. */
const originOf = ({ headers }: IncomingMessage): string | undefined =>
  (headers.origin ?? headers['sec-websocket-origin'])?.toString();

/** R20: whether a request is from a web page that may not connect. */
function webPageRule(allowed: readonly string[] = []): (request: IncomingMessage) => boolean {
  const origins = new Set(allowed);
  return (request) => {
    const origin = originOf(request);
    return origin !== undefined && !origins.has(origin);
  };
}

function createUpgrader(
  { closeTimeoutMs, log = silentLog }: ListenOptions,
  isFromWebPage: (request: IncomingMessage) => boolean,
): WebSocketServer {
  return new WebSocketServer({
    ...websocketOptions(WIRE.maxMessageBytes, closeTimeoutMs),
    noServer: true,
    clientTracking: false,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    verifyClient({ req }, answer) {
      const offered = req.headers['sec-websocket-protocol'];
      const refuse = (status: number, reason: string): void => {
        log.debug('handshake refused', { reason, origin: originOf(req), offered });
        answer(false, status, reason);
      };
      if (isFromWebPage(req)) {
        refuse(403, 'web pages of this origin may not connect');
      } else if (offered !== undefined && !offered.split(',').some((name) => name.trim() === SUBPROTOCOL)) {
        refuse(400, `this server speaks the WebSocket subprotocol ${SUBPROTOCOL}`);
      } else {
        answer(true);
      }
    },
  });
}
