/** The server's end of the wire: a listening socket that turns WebSocket handshakes into wires. */

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WIRE } from '../protocol/limits.js';
import { TRANSPORT } from './limits.js';
import { type Log, silentLog } from './log.js';
import type { Accept, Listener, Peer } from './transport.js';
import { type WebSocket, WebSocketServer } from './ws-library.js';
import { SUBPROTOCOL, WsTransport, websocketOptions } from './ws-transport.js';

export interface ListenOptions {
  readonly host: string;
  /** 0: the system picks one; `Listener.url` says which. */
  readonly port: number;
  /** PEM. With it the server speaks `wss:` only. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /**
   * Web origins that may connect, such as `https://chat.example`. Default none: a request with an `Origin` header comes
   * from a page in a browser, and any page may open a WebSocket to a server on this machine, so it is refused with 403 (R20).
   */
  readonly origins?: readonly string[];
  /** Sockets at a time, handshakes included; one more is dropped without a word. Leave room above the number of sessions. */
  readonly maxSockets?: number;
  /** A connection that has not become a WebSocket by then is cut. */
  readonly handshakeTimeoutMs?: number;
  /** A peer that does not answer a close frame by then is cut. */
  readonly closeTimeoutMs?: number;
  readonly log?: Log;
}

/**
 * Listens for WebSocket connections and calls `accept` for each completed handshake. A client that offers no subprotocol is
 * accepted (`login` states the version); one that offers only others than `im.v1` is refused with 400. Rejects with the
 * system's error when the address cannot be had.
 */
export async function listenWs(options: ListenOptions, accept: Accept): Promise<Listener> {
  const { host, port, log = silentLog } = options;
  const server = createHttpServer(options);
  const upgrader = createUpgrader(options);
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
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      const transport = new ServerTransport(socket, stream, addressOf(request));
      transport.tell(accept(transport, transport));
      openTransports++;
      socket.on('close', transportClosed); // After the wire's own listener: whoever awaits `close` has been told of every end.
    });
  });
  server.on('close', () => {
    isPortFree = true;
    allGone();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: TRANSPORT.backlog }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => log.error('accept failed', error)); // For example EMFILE: those who are connected stay.

  const stopAccepting = (): void => {
    server.close();
    server.closeAllConnections(); // Those that are no WebSockets yet.
  };
  return {
    url: urlOf(server.address() as AddressInfo, options.tls ? 'wss' : 'ws'),
    stopAccepting,
    close: () => {
      stopAccepting();
      return closed;
    },
  };
}

/** One connection on the server, trusted with little until its login (R1). */
class ServerTransport extends WsTransport implements Peer {
  readonly address: string;
  /** Takes the limit off. */
  #lift: (() => void) | undefined;

  constructor(socket: WebSocket, stream: Duplex, address: string) {
    super(socket);
    this.address = address;
    let left = WIRE.maxBytesBeforeLogin + TRANSPORT.framingBytesBeforeLogin;
    const count = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) this.refuse(stream, 1009, `more than ${WIRE.maxBytesBeforeLogin} bytes before login`);
    };
    stream.prependListener('data', count); // Before the WebSocket sees them.
    this.#lift = () => stream.off('data', count);
  }

  trust(): void {
    this.#lift?.();
    this.#lift = undefined;
  }
}

function createHttpServer({ tls, handshakeTimeoutMs = TRANSPORT.handshakeTimeoutMs }: ListenOptions): Server {
  const bounds = {
    headersTimeout: handshakeTimeoutMs, // After its headers a request is answered at once, or is no HTTP any more.
    connectionsCheckingInterval: Math.ceil(handshakeTimeoutMs / 10),
    maxHeaderSize: TRANSPORT.maxHeaderBytes,
    noDelay: true,
  };
  if (!tls) return createServer(bounds, explain);
  return createTlsServer({ ...bounds, ...tls, handshakeTimeout: handshakeTimeoutMs }, explain);
}

/** The answer to a browser or a probe that asks for a page. */
const explain: RequestListener = (_request, response) => {
  const text = `This is an im server. It speaks WebSocket, subprotocol ${SUBPROTOCOL}.\n`;
  response.writeHead(426, {
    connection: 'close',
    upgrade: 'websocket',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

function createUpgrader({ origins: allowed, closeTimeoutMs, log = silentLog }: ListenOptions): WebSocketServer {
  const origins = new Set(allowed);
  return new WebSocketServer({
    ...websocketOptions(WIRE.maxMessageBytes, closeTimeoutMs),
    noServer: true,
    clientTracking: false,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    verifyClient({ req: { headers } }, answer) {
      const offered = headers['sec-websocket-protocol'];
      const origin = headers.origin ?? headers['sec-websocket-origin'];
      const refuse = (status: number, reason: string): void => {
        log.debug('handshake refused', { reason, origin: origin?.toString(), offered });
        answer(false, status, reason);
      };
      if (origin !== undefined && !origins.has(origin.toString())) {
        refuse(403, 'web pages of this origin may not connect');
      } else if (offered !== undefined && !offered.split(',').some((name) => name.trim() === SUBPROTOCOL)) {
        refuse(400, `this server speaks the WebSocket subprotocol ${SUBPROTOCOL}`);
      } else {
        answer(true);
      }
    },
  });
}

const urlOf = ({ address, port }: AddressInfo, scheme: string): string => `${scheme}://${bracket(address)}:${port}`;

const addressOf = ({ socket: { remoteAddress = 'gone', remotePort = 0 } }: IncomingMessage): string =>
  `${bracket(remoteAddress)}:${remotePort}`;

/** IPv6 addresses stand in brackets before a port. */
const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);
