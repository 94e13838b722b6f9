/** Why a client session ended for good, as a failure that tells the user what to do. */

import type { ClientEnd } from '../../client/api/client.js';
import { StateFolderUnusable } from '../../client/state/state-records.js';
import { CLOSES, isCloseReason } from '../../protocol/close-codes.js';
import type { Exit } from './exit-codes.js';
import { Failure } from './failure.js';
import { refusedFolder } from './folder-refusal.js';

/** `what` follows the user name; `USER` in `next` stands for it, and `DEVICE` in `why` for the device. */
interface EndTexts {
  readonly exit: Exit;
  readonly what: string;
  /** Why, if the device is known. Default: the description of the close code. */
  readonly why?: string;
  readonly next?: string;
}

/** Reasons with an exit code of their own, or that the user can do something about. */
const ENDS: Readonly<Record<string, EndTexts>> = {
  unauthorized: {
    exit: 'credential-refused',
    what: 'was refused by the server',
    next: 'an operator can make a token: im user token add USER; or add the user: im user add USER',
  },
  forbidden: {
    exit: 'credential-refused',
    what: 'is not an operator',
    next: 'log in as one: --as OPERATOR --token-file FILE',
  },
  revoked: {
    exit: 'credential-refused',
    what: 'was logged out by the server',
    next: 'an operator can make a token: im user token add USER; or add the user again: im user add USER',
  },
  replaced: {
    exit: 'replaced',
    what: 'was logged out here',
    why: 'a newer login as the device DEVICE took over',
    next: 'log in here again; or, to have both, give one of them another name: --device NAME',
  },
  'too-many-devices': {
    exit: 'replaced',
    what: 'has too many devices',
    next: 'end one of the other sessions, then log in here again',
  },
  'device-removed': {
    exit: 'replaced',
    what: 'was logged out here',
    why: 'the device DEVICE was removed',
    next: 'log in again: it becomes a new device',
  },
  locked: {
    exit: 'data-unusable',
    what: 'is already connected on this machine',
    next: 'end the other im process of this user',
  },
  'unsupported-version': {
    exit: 'unexpected',
    what: 'cannot talk to this server',
    next: 'use the same version of im on both ends',
  },
};

/** The failure for an end of the client of `user` that the command did not ask for. @param device of a chat. */
export function clientFailure({ reason, code, detail, cause }: ClientEnd, user: string, device?: string): Failure {
  const word = detail ?? (cause instanceof Error ? cause.message : reason);
  const {
    exit,
    what,
    next,
    why: whyDevice,
  }: EndTexts = ENDS[reason] ?? { exit: 'unexpected', what: 'was disconnected' };
  const told = isCloseReason(reason) ? CLOSES[reason].description : `${word}${code === undefined ? '' : ` (${code})`}`;
  const why = device === undefined ? told : (whyDevice?.replaceAll('DEVICE', device) ?? told);
  return new Failure(exit, `${user} ${what}`, { why, next: next?.replaceAll('USER', user), cause });
}

/** The same for a client with a state folder, whose disk may have failed. A Failure from `onMessage` is returned as it is. */
export function chatFailure(end: ClientEnd, user: string, device?: string): Failure {
  const { reason, cause } = end;
  if (cause instanceof Failure) return cause;
  if (reason !== 'failed' || !(cause instanceof Error)) return clientFailure(end, user, device);
  if (cause instanceof StateFolderUnusable) return refusedFolder(cause.cause, cause.folder, 'state');
  return new Failure('data-unusable', `the outbox or inbox of ${user} cannot be read or written`, {
    why: cause.message,
    next: 'free some disk space or repair that file; or move the folder away: then queued messages are lost',
    cause,
  });
}
