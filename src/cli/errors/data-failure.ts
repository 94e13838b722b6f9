/** What is wrong with a data folder, as a failure that says what to do next. */
import { AccountsUnavailable } from '../../accounts/accounts.js';
import { OperatorTokenError } from '../../accounts/operator-token.js';
import { CannotWrite, Damaged, errorCode, FileEmpty, FileMissing, NewerFormat } from '../../disk/disk-errors.js';
import { FolderLocked } from '../../disk/lock.js';
import { Failure } from './failure.js';

const DAMAGED = 'nothing was changed: restore the folder from a backup, or start on another one: --data DIR';

/** Kinds of errors, and what to do next. The errors' own sentences say what happened, and name the file. */
const REMEDIES: readonly (readonly [new (...args: never[]) => Error, string])[] = [
  [FolderLocked, 'stop that process, or use another folder: --data DIR'],
  [Damaged, DAMAGED],
  [FileMissing, DAMAGED],
  [FileEmpty, DAMAGED],
  [NewerFormat, 'install that version of im; nothing was changed'],
  [CannotWrite, 'make room on the disk and try again'],
  [AccountsUnavailable, 'make room on the disk and try again; nothing was changed'],
  [OperatorTokenError, 'or give the token of an operator: --url URL --as OPERATOR --token-file FILE'],
];

/** Whatever opening or changing a data folder threw, as what should be thrown on. */
export function dataFailure(error: unknown, folder: string): unknown {
  if (!(error instanceof Error)) return error;
  const [, next] = REMEDIES.find(([kind]) => error instanceof kind) ?? [];
  const url = error instanceof FolderLocked ? error.holder?.url : undefined;
  const why = url === undefined ? undefined : `it listens on ${url}`;
  if (next !== undefined) return new Failure('data-unusable', error.message, { why, next, cause: error });
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) return error;
  return new Failure('data-unusable', `${folder} cannot be used`, {
    why: error.message,
    next: 'use another folder: --data DIR',
    cause: error,
  });
}
