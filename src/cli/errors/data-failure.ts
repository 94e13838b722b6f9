/** Errors of a data folder as failures: which ones are expected, and what to do about each. */
import { AccountsUnavailable } from '../../accounts/accounts.js';
import { OperatorTokenError } from '../../accounts/operator-token.js';
import { CannotWrite, Damaged, FileEmpty, FileMissing, NewerFormat } from '../../disk/disk-errors.js';
import { FolderLocked } from '../../disk/lock.js';
import { Failure } from './failure.js';
import { isRefusal } from './folder-refusal.js';

const DAMAGED = 'nothing was changed: restore the folder from a backup, or use another folder: --data DIR';

/** Classes of errors, and what to do next. The message of the error names the file and what is wrong with it. */
const REMEDIES: readonly (readonly [new (...args: never[]) => Error, string])[] = [
  [FolderLocked, 'stop that process, or use another folder: --data DIR'],
  [Damaged, DAMAGED],
  [FileMissing, DAMAGED],
  [FileEmpty, DAMAGED],
  [NewerFormat, 'install that version of im; nothing was changed'],
  [CannotWrite, 'free some disk space and try again'],
  [AccountsUnavailable, 'free some disk space and try again; nothing was changed'],
  [OperatorTokenError, 'or use the token of an operator: --url URL --as OPERATOR --token-file FILE'],
];

/** An error from opening or changing a data folder as a Failure `data-unusable`. An unexpected error is returned as it is. */
export function dataFailure(error: unknown, folder: string): unknown {
  if (!(error instanceof Error)) return error;
  const [, next] = REMEDIES.find(([kind]) => error instanceof kind) ?? [];
  const url = error instanceof FolderLocked ? error.holder?.url : undefined;
  const why = url === undefined ? undefined : `it listens on ${url}`;
  if (next !== undefined) return new Failure('data-unusable', error.message, { why, next, cause: error });
  if (!isRefusal(error)) return error;
  return new Failure('data-unusable', `${folder} cannot be used`, {
    why: error.message,
    next: 'repair it, or use another folder: --data DIR',
    cause: error,
  });
}
