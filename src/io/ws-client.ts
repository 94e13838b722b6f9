/** The client's transport: connects to a WebSocket server. */
import { WIRE } from '../protocol/limits.js';
import { TRANSPORT } from './limits.js';
import type { Dial } from './transport.js';
import { SUBPROTOCOL, WebSocket, WsTransport, websocketOptions } from './ws-transport.js';

interface DialOptions {
  /** CA certificates (PEM) to trust instead of those of the system. */
  readonly ca?: string | Buffer;
  /** An attempt that has not completed the handshake by then fails. */
  readonly handshakeTimeoutMs?: number;
}

/**
 * A dial function with these options. A failed attempt calls `closed(1006, reason)`; the reason contains the error code of
 * the system, such as ECONNREFUSED. The function throws a SyntaxError for an invalid URL.
 */
export function createDial({ ca, handshakeTimeoutMs = TRANSPORT.handshakeTimeoutMs }: DialOptions = {}): Dial {
  return (url, events) => {
    const socket = new WebSocket(url, SUBPROTOCOL, {
      ...websocketOptions(WIRE.maxServerMessageBytes),
      handshakeTimeout: handshakeTimeoutMs,
      ...(ca && { ca }),
    });
    socket.on('open', () => events.opened());
    const transport = new WsTransport(socket);
    transport.attach(events);
    return transport;
  };
}

/** Dials with the default options: trusts the certificates that the system trusts. */
export const dialWs: Dial = createDial();
