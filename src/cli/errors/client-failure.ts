/** Why a client ended for good, as a failure that says what to do next. */
import type { ClientEnd } from '../../client/client.js';
import { CLOSES, type CloseReason } from '../../protocol/close-codes.js';
import type { Exit } from './exit-codes.js';
import { Failure } from './failure.js';

interface Meaning {
  readonly exit: Exit;
  readonly what: string;
  readonly next?: string;
}

const UNFORESEEN: Meaning = { exit: 'unexpected', what: 'was disconnected' };

/** The ends that mean more than "unexpected", and what a person can do about them. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  unauthorized: {
    exit: 'credential-refused',
    what: 'was refused by the server',
    next: 'an operator makes a new token: im user rotate NAME; or adds the user: im user add NAME',
  },
  forbidden: {
    exit: 'credential-refused',
    what: 'is not an operator',
    next: 'log in as one: --as OPERATOR --token-file FILE',
  },
  revoked: {
    exit: 'credential-refused',
    what: 'was logged out by the server',
    next: 'an operator makes a new token: im user rotate NAME; or adds the user again: im user add NAME',
  },
  replaced: {
    exit: 'replaced',
    what: 'was logged out here',
    next: 'one session per user: end the other one, or log in here again',
  },
  locked: {
    exit: 'data-unusable',
    what: 'is connected on this machine already',
    next: 'end the other im of this user',
  },
  'unsupported-version': {
    exit: 'unexpected',
    what: 'cannot talk to this server',
    next: 'use the same version of im on both ends',
  },
};

/** The client of `user` ended, and nobody had asked for it. */
export function clientFailure({ reason, code, detail, cause }: ClientEnd, user: string): Failure {
  const word = detail ?? (cause instanceof Error ? cause.message : reason);
  const why = isCloseReason(reason) ? CLOSES[reason].description : `${word}${code === undefined ? '' : ` (${code})`}`;
  const { exit, what, next } = MEANINGS[reason] ?? UNFORESEEN;
  return new Failure(exit, `${user} ${what}`, { why, next: next?.replaceAll('NAME', user), cause });
}

const isCloseReason = (reason: string): reason is CloseReason => Object.hasOwn(CLOSES, reason);

/** The same for a client with a state folder, which may have failed. What `onMessage` threw is thrown on. */
export function chatFailure(end: ClientEnd, user: string): Failure {
  const { reason, cause } = end;
  if (cause instanceof Failure) return cause;
  if (reason !== 'failed' || !(cause instanceof Error)) return clientFailure(end, user);
  return new Failure('data-unusable', `what ${user} has queued and received cannot be read or written`, {
    why: cause.message,
    next: 'make room or repair that file; or move the folder away, and what it has queued is lost',
    cause,
  });
}
