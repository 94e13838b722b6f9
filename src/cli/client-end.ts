/** Why a client ended for good, as a failure that says what to do next. */
import type { ClientEnd } from '../client/client.js';
import { CLOSES, type CloseReason } from '../protocol/closes.js';
import type { Exit } from './exit-codes.js';
import { Failure } from './failure.js';

interface Meaning {
  readonly exit: Exit;
  readonly what: string;
  readonly next: string;
}

/** The ends that mean more than "unexpected", and what a person can do about them. */
const MEANINGS: Partial<Record<CloseReason, Meaning>> = {
  unauthorized: {
    exit: 'credential-refused',
    what: 'was refused by the server',
    next: 'an operator makes a new token: im user rotate NAME; or adds the user: im user add NAME',
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
  'unsupported-version': {
    exit: 'unexpected',
    what: 'cannot talk to this server',
    next: 'use the same version of im on both ends',
  },
};

/** The client of `user` ended, and nobody had asked for it. */
export function failureOf({ reason, code, detail, cause }: ClientEnd, user: string): Failure {
  const word = detail ?? (cause instanceof Error ? cause.message : reason);
  const says =
    reason in CLOSES ? CLOSES[reason as CloseReason].says : `${word}${code === undefined ? '' : ` (${code})`}`;
  const meaning = MEANINGS[reason as CloseReason];
  if (meaning === undefined) return new Failure('unexpected', `the connection of ${user} ended`, { why: says, cause });
  return new Failure(meaning.exit, `${user} ${meaning.what}`, {
    why: says,
    next: meaning.next.replace('NAME', user).replace('NAME', user),
  });
}
