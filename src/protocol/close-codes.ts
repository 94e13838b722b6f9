/**
 * The close table: why the server ends a connection, as a word (in `bye`) and as a code (in the close frame).
 * 4000 to 4499 and 1001, 1011, 1012, 1013: the client reconnects with backoff. 4500 to 4999: it must not reconnect.
 */
import { WIRE } from './limits.js';

export const CLOSES = {
  'too-many-passed-over': { code: 1008, description: 'too many messages that are not of this protocol' },
  'server-error': { code: 1011, description: 'the server hit a bug or a broken disk' },
  shutdown: { code: 1012, description: 'the server is stopping' },
  'login-timeout': { code: 4000, description: 'no login in time' },
  idle: { code: 4001, description: `nothing was received for ${WIRE.idleMs / 1_000} s` },
  'slow-consumer': { code: 4002, description: 'the client does not read what it is sent' },
  'too-many-connections': { code: 4003, description: 'the server has no room for another connection' },
  'too-many-sessions': { code: 4004, description: 'the user has as many sessions as allowed' },
  'too-many-failed-logins': { code: 4005, description: 'too many logins with a wrong token from this address' },
  unauthorized: { code: 4500, description: 'the user or the token is wrong' },
  replaced: { code: 4501, description: 'a newer login of the same user and device took over' },
  revoked: { code: 4502, description: 'the user was removed, or the token is no longer valid' },
  'protocol-violation': { code: 4503, description: 'the client broke the protocol' },
  'unsupported-version': { code: 4504, description: 'the server does not speak this version of the protocol' },
  forbidden: { code: 4505, description: 'a login in mode operate needs the operator role' },
  'too-many-devices': { code: 4506, description: 'the user has as many devices as allowed, and all are logged in' },
  'device-removed': { code: 4507, description: 'this device of the user was removed' },
} as const satisfies Record<string, { readonly code: number; readonly description: string }>;

/** Why the server closes a connection: the `reason` of `bye`. */
export type CloseReason = keyof typeof CLOSES;
export const CLOSE_REASONS = Object.keys(CLOSES) as readonly CloseReason[];

/** A newer server may use words that are not in the table. */
export const isCloseReason = (word: string): word is CloseReason => Object.hasOwn(CLOSES, word);

/** Whether a client that was closed with this code must not reconnect by itself. */
export const isTerminal = (code: number): boolean => code >= 4500 && code <= 4999;
