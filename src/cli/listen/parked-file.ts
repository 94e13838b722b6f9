/** The file of `im listen --park`: messages that are put aside, one exported line each, from which `im replay --file` puts them back. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { realFiles as files } from '../../io/files.js';
import { distrust, ownUid } from '../../io/permissions.js';
import { jsonLine } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Creates the file (mode 0600) if there is none. @throws Failure `usage` when messages cannot be parked there. */
export async function checkParkedFile(path: string): Promise<void> {
  await (await openParkedFile(path)).close();
}

/**
 * Appends a line. The file is opened each time: it may have been moved away. When it resolves, the line is on disk.
 * @throws Failure when it is not: what was written of it is removed again, if nobody else has written since.
 */
export async function appendParked(path: string, parked: object): Promise<void> {
  const file = await openParkedFile(path);
  try {
    const { size } = await file.stat();
    const line = `${jsonLine(parked)}\n`;
    const bytes = Buffer.from((await endsInLine(file, size)) ? `\n${line}` : line);
    const { bytesWritten } = await file.write(bytes); // in one write, so that two processes may share the file
    if (bytesWritten < bytes.length) {
      if ((await file.stat()).size === size + bytesWritten) await file.truncate(size);
      throw new Error('the disk is full');
    }
    await file.sync();
    if (size === 0) await files.syncFolder(dirname(path));
  } catch (cause) {
    throw new Failure('unexpected', `${path} cannot be written: the message is not parked`, {
      why: (cause as Error).message,
      next: 'nothing is lost: the server sends it again',
      cause,
    });
  } finally {
    await file.close();
  }
}

/** Whether the last line was cut off by a crash: its message was not acked, and is parked again. */
async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

/** Only a regular file that nobody else could have put there, and that nobody else can write to. */
async function openParkedFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (cause) {
    const isLink = errorCode(cause) === 'ELOOP';
    throw cannotPark(path, isLink ? 'it is a symbolic link: name the file itself' : (cause as Error).message, cause);
  }
  const stats = await file.stat();
  const why = problemOf(path, stats);
  if (why === undefined) return file;
  await file.close();
  throw cannotPark(path, why);
}

function problemOf(path: string, stats: Stats): string | undefined {
  if (!stats.isFile()) return 'it is not a file';
  if (stats.nlink > 1) return 'it has a second name (a hard link)';
  const own = ownUid();
  return own === undefined ? undefined : distrust(path, stats.uid, stats.mode, own);
}

const cannotPark = (path: string, why: string, cause?: unknown): Failure =>
  new Failure('usage', `messages cannot be parked in ${path}`, { why, next: 'name another file: --park FILE', cause });
