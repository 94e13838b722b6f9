/** A folder of this account that the system refuses: what it is for, and how to name another one. */
import { errorCode } from '../../disk/disk-errors.js';
import { Failure } from './failure.js';

/** What the system says when a folder or file cannot be used as it is: permissions, a read-only or full disk, a file in the way. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG'],
  ...['ENOSPC', 'EDQUOT', 'ENOTSUP'],
]);

export const isRefusal = (error: unknown): error is NodeJS.ErrnoException =>
  REFUSALS.has(errorCode(error) ?? '') || isUnmakable(error);

/** Some file systems, such as those of automounters, have no place for new folders, and report a missing parent. */
const isUnmakable = (error: unknown): boolean =>
  errorCode(error) === 'ENOENT' && (error as NodeJS.ErrnoException).syscall === 'mkdir';

/** The folders besides that of the server: what each is for, and what to do without it. */
const FOLDERS = {
  state: {
    purpose: 'it keeps your queued and your received messages',
    next: 'repair it, or name another folder: XDG_STATE_HOME=DIR',
  },
  config: {
    purpose: 'it keeps your tokens and profile.json',
    next: 'repair it, or name another folder: XDG_CONFIG_HOME=DIR; a token in IM_TOKEN needs none',
  },
} as const;

/** The refusal as a Failure `data-unusable`. */
export function refusedFolder(cause: Error, folder: string, kind: keyof typeof FOLDERS): Failure {
  const { purpose, next } = FOLDERS[kind];
  return new Failure('data-unusable', `${folder} cannot be used: ${purpose}`, { why: cause.message, next, cause });
}
