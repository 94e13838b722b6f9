/** The client's end of the wire: dials a WebSocket server. */

import { WIRE } from '../protocol/limits.js';
import { TRANSPORT } from './limits.js';
import type { Dial } from './transport.js';
import { WebSocket } from './ws-library.js';
import { SUBPROTOCOL, WsTransport, websocketOptions } from './ws-transport.js';

interface DialOptions {
  /** Certificates (PEM) that sign the server's, in place of those that the system trusts. */
  readonly ca?: string | Buffer;
  /** An attempt that is no WebSocket by then is given up. */
  readonly handshakeTimeoutMs?: number;
}

/**
 * Dials with the options given once for all. A failed attempt is `closed(1006, reason)`, where the reason keeps the code
 * of the system, such as ECONNREFUSED. Dialling throws a SyntaxError when the URL can never be dialled.
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
    transport.tell(events);
    return transport;
  };
}

/** Dials and trusts the certificates that the system trusts. */
export const dialWs: Dial = createDial();
