/** The errors of the files on disk, and which system errors become which of them. */

/** Base class of everything that can be wrong with a file or the disk. The message names the file, if there is one. */
export abstract class StorageError extends Error {}

/** The file does not hold what was written to it. It is left as it is. */
export class Damaged extends StorageError {
  override readonly name = 'Damaged';
  constructor(
    readonly path: string,
    /** The first damaged byte; undefined if only the whole file can be checked. */
    readonly offset: number | undefined,
    readonly reason: string,
  ) {
    super(`${path} is damaged${offset === undefined ? '' : ` at byte ${offset}`}: ${reason}`);
  }
}

/** The file does not exist. */
export class FileMissing extends StorageError {
  override readonly name = 'FileMissing';
  constructor(readonly path: string) {
    super(`${path} is missing`);
  }
}

/** The file exists, but something truncated it to zero bytes. */
export class FileEmpty extends StorageError {
  override readonly name = 'FileEmpty';
  constructor(readonly path: string) {
    super(`${path} is empty`);
  }
}

/** Written by a newer version of im: refused, never rewritten (storage 13). */
export class NewerFormat extends StorageError {
  override readonly name = 'NewerFormat';
  constructor(
    readonly path: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(`${path} has format ${found}, but this version knows only ${known}: use a newer version of im`);
  }
}

/** The write was refused and left no trace, for example on a full disk. A retry may succeed. */
export class CannotWrite extends StorageError {
  override readonly name = 'CannotWrite';
}

/** The disk failed in a way that leaves durability unknown. No retry: the owner has to stop (storage 3). */
export class DiskBroken extends StorageError {
  override readonly name = 'DiskBroken';
}

/** The code of a system error, such as ENOENT. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** No space, quota or file descriptor left: nothing was written, and a retry may succeed (storage 3). */
export const isTemporary = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');

/** Turns every failure of fsync, fdatasync, truncate or close into DiskBroken (storage 3). @throws DiskBroken */
export async function orDiskBroken<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw toDiskBroken(error);
  }
}

export const toDiskBroken = (cause: unknown): DiskBroken =>
  cause instanceof DiskBroken
    ? cause
    : new DiskBroken(`the disk failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
