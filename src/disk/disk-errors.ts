/** What can be wrong with files, as typed errors: each names the file and says it in one sentence. */

/** The bytes are not what was written. Nothing was changed. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
  constructor(
    readonly path: string,
    /** The first byte that cannot be trusted; undefined where only the whole file can be judged. */
    readonly offset: number | undefined,
    readonly reason: string,
  ) {
    super(`${path} is damaged${offset === undefined ? '' : ` at byte ${offset}`}: ${reason}`);
  }
}

/** The file is not there. */
export class FileMissing extends Error {
  override readonly name = 'FileMissing';
  constructor(readonly path: string) {
    super(`${path} is missing`);
  }
}

/** The file is there and has no bytes: something truncated it. */
export class FileEmpty extends Error {
  override readonly name = 'FileEmpty';
  constructor(readonly path: string) {
    super(`${path} is empty`);
  }
}

/** Written by a newer version. It is refused, never rewritten (storage 13). */
export class NewerFormat extends Error {
  override readonly name = 'NewerFormat';
  constructor(
    readonly path: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(`${path} has format ${found}, but this version knows only ${known}: use a newer version of im`);
  }
}

/** Nothing can be written now, and nothing of what was asked was kept. The same may succeed later. */
export class CannotWrite extends Error {
  override readonly name = 'CannotWrite';
}

/** The disk failed in a way after which nothing can be promised (storage 3). */
export class DiskBroken extends Error {
  override readonly name = 'DiskBroken';
}

/** The code of a system error, such as ENOENT. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** No space, no quota, no descriptor left: nothing was written, and it may be possible later (storage 3). */
export const isTemporary = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'].includes(errorCode(error) ?? '');

/** For what must not fail, whatever its error is: fsync, fdatasync, truncate, close (storage 3). @throws DiskBroken. */
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
