/** Where a server is, and the ports through which a client reaches network, clock, disk and log. */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { type Log, silentLog } from '../io/log.js';
import { isClearText } from '../io/loopback.js';
import type { ProofCheck } from '../io/server-proof.js';
import type { TlsTrust } from '../io/tls-connect.js';
import type { Dial } from '../io/transport.js';
import { createDial, dialWs } from '../io/ws-client.js';

/** Where a server is, and how it is recognised. */
export interface ServerOptions {
  /** `ws://127.0.0.1:4690` or `wss://…`. */
  readonly url: string;
  /** For `wss:`: which certificates to trust. Default: those that the system trusts. */
  readonly tls?: TlsTrust | undefined;
  /** Whether to send the token unencrypted to another machine: over `ws:` to an address that is not loopback. Default false. */
  readonly insecure?: boolean | undefined;
  /** How the server has to prove who it is before the token is sent. Default: it need not. */
  readonly proof?: ProofCheck | undefined;
}

/** The dependencies of a client; each has a default. */
export interface ClientPorts {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly files: Files;
  /** 0 ≤ random < 1, for the jitter of the backoff. */
  readonly random: () => number;
  /** Makes message ids; each has to be globally unique. */
  readonly newId: () => string;
  readonly log: Log;
}

const DEFAULT_PORTS: ClientPorts = {
  dial: dialWs,
  clock: systemClock,
  files: realFiles,
  random: Math.random,
  newId: randomUUID,
  log: silentLog,
};

/** The given ports, and the defaults of all others. @throws TypeError for a URL to which no token may be sent. */
export function portsFor(server: ServerOptions, given: Partial<ClientPorts>): ClientPorts {
  const { url, tls, insecure = false, proof } = server;
  if (given.dial === undefined && !insecure && isClearText(url))
    throw new TypeError(`the token would be sent unencrypted to ${new URL(url).hostname}: use wss:, or set insecure`);
  return { ...DEFAULT_PORTS, ...((tls || proof) && { dial: createDial({ ...tls, proof }) }), ...given };
}
