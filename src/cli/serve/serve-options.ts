/** The flags of `im serve`, and the checks of its address. */
import { boolean, integer, option, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { TRANSPORT } from '../../io/limits.js';
import type { Log } from '../../io/log.js';
import { isLoopback } from '../../io/loopback.js';
import { LOG_LEVELS } from '../../io/pino-log.js';
import { type Bounds, WIRE } from '../../protocol/limits.js';
import { LOGIN, SESSION } from '../../server/limits.js';
import type { RateLimits } from '../../server/rates.js';
import { MAILBOX } from '../../store/limits.js';
import { duration, namedFile, outputFlags, serverFlags } from '../app/flags.js';
import { databaseFlag } from '../database/database-address.js';
import { singleNodeFlag } from '../database/database-flags.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import { fitToOpenFiles, openFilesLimit } from './open-files.js';
import type { TlsPaths } from './tls-pair.js';

const limit = (description: string, value: number, env: string, max?: number) =>
  integer({ description, default: value, min: 1, ...(max && { max }), helpValue: 'N', env, helpGroup: 'limit' });

/** With less, one package of frames would block a session for longer than its client waits. */
const MIN_RATE = { messages: 10, bytes: 16 * 1024 };

export const serveFlags = {
  data: serverFlags.data,
  database: databaseFlag(),
  'single-node': { ...singleNodeFlag, dependsOn: ['database'] },
  host: string({
    description: 'the address to listen on',
    default: '127.0.0.1',
    helpValue: 'ADDRESS',
    env: 'IM_SERVE_HOST',
  }),
  port: integer({
    description: 'the port; 0 chooses a free one',
    default: 4690,
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
    env: 'IM_SERVE_PORT',
  }),
  'ops-port': integer({
    description: 'a port on 127.0.0.1 for /livez, /readyz and /metrics',
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
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
  'max-connections': limit('connections that have logged in', SESSION.maxConnections, 'IM_SERVE_MAX_CONNECTIONS'),
  'max-sessions-per-user': integer({
    description: `the same, of one user; default: ${SESSION.maxSessionsPerUser}, or a quarter if that is less`,
    min: 1,
    helpValue: 'N',
    env: 'IM_SERVE_MAX_SESSIONS_PER_USER',
    helpGroup: 'limit',
  }),
  'max-strangers': limit('connections that have not logged in', TRANSPORT.maxStrangers, 'IM_SERVE_MAX_STRANGERS'),
  'max-strangers-per-address': limit(
    'the same, of one address or IPv6 /64',
    TRANSPORT.maxStrangersPerNetwork,
    'IM_SERVE_MAX_STRANGERS_PER_ADDRESS',
  ),
  'max-failed-logins': limit(
    'failed logins of an address before it has to wait',
    LOGIN.maxFailedLogins,
    'IM_SERVE_MAX_FAILED_LOGINS',
  ),
  'max-failed-logins-per-user': limit(
    'the same, of one user',
    LOGIN.maxFailedLoginsPerUser,
    'IM_SERVE_MAX_FAILED_LOGINS_PER_USER',
  ),
  'max-undelivered': limit('undelivered messages in a mailbox', MAILBOX.maxUndelivered, 'IM_SERVE_MAX_UNDELIVERED'),
  'max-undelivered-bytes': limit(
    'undelivered bytes in a mailbox',
    MAILBOX.maxUndeliveredBytes,
    'IM_SERVE_MAX_UNDELIVERED_BYTES',
  ),
  'max-messages-per-second': integer({
    description: 'messages of one user in a second; default: no limit',
    min: MIN_RATE.messages,
    helpValue: 'N',
    env: 'IM_SERVE_MAX_MESSAGES_PER_SECOND',
    helpGroup: 'limit',
  }),
  'max-bytes-per-second': integer({
    description: 'bytes of them; default: no limit',
    min: MIN_RATE.bytes,
    helpValue: 'N',
    env: 'IM_SERVE_MAX_BYTES_PER_SECOND',
    helpGroup: 'limit',
  }),
  'max-burst': duration({
    description: `what a user may save up of both; default: ${formatDuration(SESSION.rateBurstMs)}`,
    env: 'IM_SERVE_MAX_BURST',
    helpGroup: 'limit',
  }),
  'keep-delivered': limit('delivered messages kept in a mailbox', MAILBOX.keptDelivered, 'IM_SERVE_KEEP_DELIVERED'),
  'keep-delivered-for': duration({
    description: `how long delivered messages are kept; default: ${formatDuration(MAILBOX.keptDeliveredMs)}`,
    env: 'IM_SERVE_KEEP_DELIVERED_FOR',
    helpGroup: 'limit',
  }),
  'max-devices': limit('devices of a user', MAILBOX.maxDevices, 'IM_SERVE_MAX_DEVICES', WIRE.maxDevicesPerFrame),
  'keep-devices-for': duration({
    description: `how long a device that does not log in is kept; default: ${formatDuration(MAILBOX.keptDeviceMs)}`,
    env: 'IM_SERVE_KEEP_DEVICES_FOR',
    helpGroup: 'limit',
  }),
  ...outputFlags,
};

type ServeFlags = InferredFlags<typeof serveFlags>;

/** The numbers of connections, lower than the flags where the process may not have that many files open. */
export function connectionsOf(flags: ServeFlags, log: Log) {
  const wanted = { sessions: flags['max-connections'], strangers: flags['max-strangers'] };
  const openFiles = openFilesLimit();
  const fitted = fitToOpenFiles(wanted, openFiles);
  const { sessions, strangers } = fitted;
  if (sessions < wanted.sessions || strangers < wanted.strangers) {
    const isDefault = wanted.sessions === SESSION.maxConnections && wanted.strangers === TRANSPORT.maxStrangers;
    log[isDefault ? 'debug' : 'warn']('connections limited by open files', { openFiles, sessions, strangers });
  }
  return fitted;
}

/** The rates of each user; undefined: no limits. */
export function ratesOf(flags: ServeFlags): RateLimits | undefined {
  const { 'max-messages-per-second': messages, 'max-bytes-per-second': bytes, 'max-burst': burstMs } = flags;
  if (messages === undefined && bytes === undefined) return undefined;
  return {
    messagesPerSecond: messages ?? NO_LIMIT,
    bytesPerSecond: bytes ?? NO_LIMIT,
    burstSeconds: Math.max(1, (burstMs ?? SESSION.rateBurstMs) / 1_000),
  };
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** The limits of each mailbox. */
export const limitsOf = (flags: ServeFlags): Partial<Bounds<typeof MAILBOX>> => ({
  maxUndelivered: flags['max-undelivered'],
  maxUndeliveredBytes: flags['max-undelivered-bytes'],
  keptDelivered: flags['keep-delivered'],
  keptDeliveredMs: flags['keep-delivered-for'] ?? MAILBOX.keptDeliveredMs,
  maxDevices: flags['max-devices'],
  keptDeviceMs: flags['keep-devices-for'] ?? MAILBOX.keptDeviceMs,
});

/** The TLS files; undefined without TLS. @throws Failure `usage` when other machines could connect without TLS and `--insecure` is missing (R20). */
export function tlsPathsOf({ host, insecure, 'tls-cert': cert, 'tls-key': key }: ServeFlags): TlsPaths | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (isLoopback(host) || insecure) return undefined;
  throw new Failure('usage', `--host ${host} lets other machines connect, and tokens would be sent unencrypted`, {
    next: 'give --tls-cert and --tls-key; or --insecure, if something else encrypts the connections',
  });
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
