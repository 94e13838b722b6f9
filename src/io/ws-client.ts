/** The client's transport: connects to a WebSocket server. */
import type { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { WIRE } from '../protocol/limits.js';
import { TRANSPORT } from './limits.js';
import { NONCE_HEADER, PROOF_HEADER, type ProofCheck, proofOf, randomSecret } from './server-proof.js';
import { connectTls, type TlsTrust } from './tls-connect.js';
import type { Dial } from './transport.js';
import { SUBPROTOCOL, WebSocket, WsTransport, websocketOptions } from './ws-transport.js';

interface DialOptions extends TlsTrust {
  /** An attempt that has not completed the handshake by then fails. */
  readonly handshakeTimeoutMs?: number;
  /** The server has to prove who it is: without that the attempt fails, and nothing is sent. Default: not asked. */
  readonly proof?: ProofCheck | undefined;
}

/**
 * A dial function with these options. A failed attempt calls `closed(1006, reason)`; the reason contains the error code of
 * the system, such as ECONNREFUSED. The function throws a SyntaxError for an invalid URL.
 */
export function createDial(options: DialOptions = {}): Dial {
  const { handshakeTimeoutMs = TRANSPORT.handshakeTimeoutMs, proof, ...trust } = options;
  const createConnection = (options: ConnectionOptions) => connectTls(options, trust);
  return (url, events) => {
    const nonce = proof && randomSecret();
    const socket = new WebSocket(url, SUBPROTOCOL, {
      ...websocketOptions(WIRE.maxServerMessageBytes),
      handshakeTimeout: handshakeTimeoutMs,
      ...(nonce !== undefined && { headers: { [NONCE_HEADER]: nonce } }),
      ...(isTls(url) && { createConnection: createConnection as typeof connect }),
    });
    const transport = new WsTransport(socket);
    if (proof && nonce)
      whenProven(
        socket,
        transport,
        (answer) => proof((secret) => answer === proofOf(secret, nonce, url)),
        () => events.opened(),
      );
    else socket.on('open', () => events.opened());
    transport.attach(events);
    return transport;
  };
}

/** Calls `opened` when the handshake is done and the answer is right. Until then nothing is received. */
function whenProven(
  socket: WebSocket,
  transport: WsTransport,
  check: (answer: string | undefined) => Promise<boolean>,
  opened: () => void,
): void {
  let answer: string | undefined;
  socket.on('upgrade', ({ headers }) => {
    answer = headers[PROOF_HEADER]?.toString();
  });
  socket.on('open', () => {
    transport.pause();
    void check(answer)
      .catch(() => false)
      .then((isProven) => {
        if (!isProven) transport.fail(Object.assign(new Error(NOT_PROVEN), { code: 'NOT_PROVEN' }));
        if (socket.readyState !== WebSocket.OPEN) return; // closed by now
        opened();
        transport.resume();
      });
  });
}

const NOT_PROVEN = 'what listens there is not the server of this data folder';

const isTls = (url: string): boolean => /^wss:/i.test(url);

/** Dials with the default options: trusts the certificates that the system trusts. */
export const dialWs: Dial = createDial();
