/** The client's transport: connects to a WebSocket server. */
import type { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { WIRE } from '../protocol/limits.js';
import { TRANSPORT } from './limits.js';
import { connectTls, type TlsTrust } from './tls-connect.js';
import type { Dial } from './transport.js';
import { SUBPROTOCOL, WebSocket, WsTransport, websocketOptions } from './ws-transport.js';

interface DialOptions extends TlsTrust {
  /** An attempt that has not completed the handshake by then fails. */
  readonly handshakeTimeoutMs?: number;
}

/**
 * A dial function with these options. A failed attempt calls `closed(1006, reason)`; the reason contains the error code of
 * the system, such as ECONNREFUSED. The function throws a SyntaxError for an invalid URL.
 */
export function createDial({ handshakeTimeoutMs = TRANSPORT.handshakeTimeoutMs, ...trust }: DialOptions = {}): Dial {
  const createConnection = (options: ConnectionOptions) => connectTls(options, trust);
  return (url, events) => {
    const socket = new WebSocket(url, SUBPROTOCOL, {
      ...websocketOptions(WIRE.maxServerMessageBytes),
      handshakeTimeout: handshakeTimeoutMs,
      ...(isTls(url) && { createConnection: createConnection as typeof connect }),
    });
    socket.on('open', () => events.opened());
    const transport = new WsTransport(socket);
    transport.attach(events);
    return transport;
  };
}

const isTls = (url: string): boolean => /^wss:/i.test(url);

/** Dials with the default options: trusts the certificates that the system trusts. */
export const dialWs: Dial = createDial();
