/** The flags of `im serve`, and the checks of its address. */
import { boolean, integer, option, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { TRANSPORT } from '../../io/limits.js';
import { LOG_LEVELS } from '../../io/pino-log.js';
import type { Bounds } from '../../protocol/limits.js';
import { SESSION } from '../../server/limits.js';
import { MAILBOX } from '../../store/limits.js';
import { duration, namedFile, outputFlags, serverFlags } from '../app/flags.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import type { TlsPaths } from './tls-pair.js';

const limit = (description: string, value: number, env: string) =>
  integer({ description, default: value, min: 1, helpValue: 'N', env, helpGroup: 'limit' });

export const serveFlags = {
  data: serverFlags.data,
  host: string({ description: 'the address to listen on', default: '127.0.0.1', env: 'IM_SERVE_HOST' }),
  port: integer({
    description: 'the port; 0 chooses a free one',
    default: 4690,
    min: 0,
    max: 65_535,
    env: 'IM_SERVE_PORT',
  }),
  'ops-port': integer({
    description: 'a port on 127.0.0.1 for /livez, /readyz and /metrics',
    min: 0,
    max: 65_535,
    env: 'IM_SERVE_OPS_PORT',
  }),
  'tls-cert': namedFile({
    description: 'the certificate chain, PEM',
    helpValue: 'FILE',
    dependsOn: ['tls-key'],
    env: 'IM_SERVE_TLS_CERT',
  }),
  'tls-key': namedFile({
    description: 'its private key, PEM',
    helpValue: 'FILE',
    dependsOn: ['tls-cert'],
    env: 'IM_SERVE_TLS_KEY',
  }),
  insecure: boolean({ description: 'allow other machines to connect without TLS', env: 'IM_SERVE_INSECURE' }),
  'log-level': option({ options: LOG_LEVELS })({
    description: 'the least severe events to log',
    default: 'info',
    env: 'IM_SERVE_LOG_LEVEL',
  }),
  'max-connections': limit('open connections', SESSION.maxConnections, 'IM_SERVE_MAX_CONNECTIONS'),
  'max-undelivered': limit('undelivered messages in a mailbox', MAILBOX.maxUndelivered, 'IM_SERVE_MAX_UNDELIVERED'),
  'max-undelivered-bytes': limit(
    'undelivered bytes in a mailbox',
    MAILBOX.maxUndeliveredBytes,
    'IM_SERVE_MAX_UNDELIVERED_BYTES',
  ),
  'keep-delivered': limit('delivered messages kept in a mailbox', MAILBOX.keptDelivered, 'IM_SERVE_KEEP_DELIVERED'),
  'keep-delivered-for': duration({
    description: `how long delivered messages are kept; default: ${formatDuration(MAILBOX.keptDeliveredMs)}`,
    env: 'IM_SERVE_KEEP_DELIVERED_FOR',
    helpGroup: 'limit',
  }),
  ...outputFlags,
};

type ServeFlags = InferredFlags<typeof serveFlags>;

/** The limits of each mailbox. */
export const limitsOf = (flags: ServeFlags): Partial<Bounds<typeof MAILBOX>> => ({
  maxUndelivered: flags['max-undelivered'],
  maxUndeliveredBytes: flags['max-undelivered-bytes'],
  keptDelivered: flags['keep-delivered'],
  keptDeliveredMs: flags['keep-delivered-for'] ?? MAILBOX.keptDeliveredMs,
});

/** The TLS files; undefined without TLS. @throws Failure `usage` when other machines could connect without TLS and `--insecure` is missing (R20). */
export function tlsPathsOf({ host, insecure, 'tls-cert': cert, 'tls-key': key }: ServeFlags): TlsPaths | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (isLoopback(host) || insecure) return undefined;
  throw new Failure('usage', `--host ${host} lets other machines connect, and tokens would be sent unencrypted`, {
    next: 'give --tls-cert and --tls-key; or --insecure, if something else encrypts the connections',
  });
}

/** Descriptors for files, the operations port and the rest; of a low limit, half. */
const SPARE_DESCRIPTORS = 256;

/**
 * How many sockets may be open at once. When clients can use up the file descriptors, no mailbox can be loaded, and nobody is told
 * why. @param descriptors that the process may have; undefined if that is not known.
 */
export function maxSockets(maxConnections: number, descriptors = Number.POSITIVE_INFINITY): number {
  const left = Math.max(descriptors - SPARE_DESCRIPTORS, Math.floor(descriptors / 2));
  return Math.min(maxConnections + TRANSPORT.spareSockets, left);
}

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Turns an error of `listen` into a failure. @throws Failure `usage` when the address is the problem, else the error itself. */
export function cannotListen(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL' && code !== 'ENOTFOUND') throw error;
  throw new Failure('usage', 'cannot listen on the address', {
    why: message,
    next: 'choose another: --port N (0 chooses a free one), --host ADDRESS',
    cause: error,
  });
}
