/** The server's transport: listens for WebSocket connections, with or without TLS. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSES } from '../protocol/close-codes.js';
import { WIRE } from '../protocol/limits.js';
import { systemClock } from './clock.js';
import type { AcceptRequest } from './http-exchange.js';
import { hostAndPort, listenHttp } from './http-listen.js';
import { HttpRequests } from './http-requests.js';
import { TRANSPORT } from './limits.js';
import { type Log, silentLog } from './log.js';
import { networkOf, plainAddress } from './network.js';
import { isNonce, NONCE_HEADER, PROOF_HEADER, type Prove } from './server-proof.js';
import { type StrangerLimits, Strangers } from './strangers.js';
import type { Accept, Listener, Peer } from './transport.js';
import { SUBPROTOCOL, type WebSocket, WebSocketServer, WsTransport, websocketOptions } from './ws-transport.js';

/** Certificate chain and key, PEM. */
interface TlsFiles {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface WsListener extends Listener {
  /** With TLS: the certificate of new connections; open ones live on. @throws when OpenSSL refuses it: the old one is kept. */
  useCertificate(files: TlsFiles): void;
}

export interface ListenOptions {
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
  /** Connections that have not logged in, from their first packet on; beyond them the oldest are cut. */
  readonly strangers?: StrangerLimits;
  /** Whether a network that has so many strangers may have one more. If not, the newest is cut, before it costs anything. */
  readonly isWelcome?: (network: string, strangers: number) => boolean;
  /** Kept up to date. */
  readonly counts?: StrangerCounts;
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

export interface StrangerCounts {
  /** Connections that have not logged in, now. */
  strangers: number;
  /** How many were cut because there were too many. */
  strangersCut: number;
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

/** A connection that has not logged in. It is cut when it has to leave. */
class Stranger {
  /** Of the WebSocket, once there is one: then it is told why. */
  transport: ServerTransport | undefined;
  /** An HTTP request of it is being answered. */
  isBusy = false;

  constructor(
    readonly network: string,
    readonly key: string,
    private readonly socket: Socket,
    private readonly leave: (stranger: Stranger) => void,
  ) {
    socket.on('close', this.left);
  }

  cut(): void {
    if (this.transport === undefined) this.socket.destroy();
    else this.transport.cutAsStranger();
  }

  /** It is no stranger any more. From now on nothing here is kept: a session may last for weeks. */
  readonly left = (): void => {
    this.socket.off('close', this.left);
    this.leave(this);
  };
}

/** Counts the connections that have not logged in, from the first packet on, and cuts those that are too many. */
class Door {
  readonly #strangers: Strangers<Stranger>;
  /** By socket: a TLS connection has two objects for it, so the key is made of its addresses. */
  readonly #bySocket = new Map<string, Stranger>();
  readonly #counts: StrangerCounts;
  readonly #isWelcome: NonNullable<ListenOptions['isWelcome']>;

  constructor({ strangers, counts, isWelcome = () => true }: ListenOptions) {
    this.#isWelcome = isWelcome;
    this.#strangers = new Strangers(
      strangers ?? { max: TRANSPORT.maxStrangers, maxPerNetwork: TRANSPORT.maxStrangersPerNetwork },
    );
    this.#counts = counts ?? { strangers: 0, strangersCut: 0 };
  }

  /** Puts itself before TLS and HTTP, which hold more memory for each connection. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.#enter(socket);
      for (const listener of listeners) if (!socket.destroyed) listener.call(server, socket);
    });
  }

  /** From now on this stranger is told why it is cut. `recognised` of the transport ends its being one. */
  upgraded(socket: Socket, transport: ServerTransport): void {
    const stranger = this.#bySocket.get(keyOf(socket));
    if (stranger === undefined) return;
    stranger.transport = transport;
    transport.onRecognised = stranger.left;
  }

  /** The token of an HTTP request is right. */
  leave(socket: Socket): void {
    this.#bySocket.get(keyOf(socket))?.left();
  }

  /** That request is answered: the connection is as good as a new one. */
  back(socket: Socket): void {
    if (!socket.destroyed && socket.remoteAddress !== undefined) this.#add(networkOf(socket.remoteAddress), socket);
  }

  busy(socket: Socket, isBusy: boolean): void {
    const stranger = this.#bySocket.get(keyOf(socket));
    if (stranger !== undefined) stranger.isBusy = isBusy;
  }

  /** Cuts those still in a handshake, that of TLS included, and those that wait for their next request. */
  cutHandshakes(): void {
    for (const stranger of this.#bySocket.values())
      if (!stranger.isBusy && stranger.transport === undefined) stranger.cut();
  }

  #enter(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) {
      socket.destroy(); // Gone already.
      return;
    }
    const network = networkOf(remoteAddress);
    if (!this.#isWelcome(network, this.#strangers.countOf(network))) {
      this.#counts.strangersCut++;
      socket.resetAndDestroy();
      return;
    }
    this.#add(network, socket);
  }

  #add(network: string, socket: Socket): void {
    const stranger = new Stranger(network, keyOf(socket), socket, this.#leave);
    this.#bySocket.set(stranger.key, stranger);
    const surplus = this.#strangers.add(network, stranger);
    if (surplus !== undefined) {
      this.#counts.strangersCut++;
      surplus.cut();
    }
    this.#counts.strangers = this.#strangers.size;
  }

  readonly #leave = (stranger: Stranger): void => {
    this.#strangers.remove(stranger.network, stranger);
    this.#counts.strangers = this.#strangers.size;
    if (this.#bySocket.get(stranger.key) === stranger) this.#bySocket.delete(stranger.key);
  };
}

const keyOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

/** One connection on the server. Until `trust` it may send only WIRE.maxBytesBeforeLogin (R1). */
class ServerTransport extends WsTransport implements Peer {
  readonly host: string;
  readonly port: number;
  readonly network: string;
  /** Called once, when the login is right. */
  onRecognised: (() => void) | undefined;
  readonly #stream: Duplex;
  /** Bytes that it may still send before login. */
  #left: number = WIRE.maxBytesBeforeLogin + TRANSPORT.framingBytesBeforeLogin;
  /** Its owner does not read now; this transport does not read in this turn. */
  #isHeld = false;
  #isYielding = false;

  constructor(socket: WebSocket, stream: Duplex, { remoteAddress = 'gone', remotePort = 0 }: Socket) {
    super(socket);
    this.#stream = stream;
    this.host = plainAddress(remoteAddress);
    this.port = remotePort;
    this.network = networkOf(remoteAddress);
    // Before `ws` parses. One listener, and put first of two: a third makes Node keep a list for 17 of them.
    stream.prependListener('data', (chunk: Buffer) => this.#count(chunk.length, stream));
  }

  get address(): string {
    return hostAndPort(this.host, this.port);
  }

  override pause(): void {
    this.#isHeld = true;
    super.pause();
  }

  override resume(): void {
    this.#isHeld = false;
    if (!this.#isYielding) super.resume();
  }

  #count(bytes: number, stream: Duplex): void {
    this.#left -= bytes;
    if (this.#left < 0)
      this.closeAndStopReading(stream, 1009, `more than ${WIRE.maxBytesBeforeLogin} bytes before login`);
    if (bytes >= TRANSPORT.largeReadBytes) this.#yield();
  }

  /** Without it, up to 2 MiB of one socket are read and parsed in a turn, also what never becomes a message: pongs, fragments. */
  #yield(): void {
    if (this.#isYielding) return;
    this.#isYielding = true;
    super.pause();
    systemClock.defer(() => {
      this.#isYielding = false;
      if (!this.#isHeld) super.resume();
    });
  }

  recognised(): void {
    this.onRecognised?.();
    this.onRecognised = undefined;
  }

  trust(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** Says why, and does not wait for an answer. */
  cutAsStranger(): void {
    if (this.isClosing) {
      this.cut();
      return;
    }
    const { code, description } = CLOSES['too-many-connections'];
    this.closeAndStopReading(this.#stream, code, description);
    this.#stream.once('finish', () => this.#stream.destroy());
  }
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
