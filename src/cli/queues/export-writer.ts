/** Writes messages to a new file, from which `im replay --file` puts them back. */
import { dirname } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { writeAll } from '../../disk/json-file.js';
import { realFiles as files, type OpenFile } from '../../io/files.js';
import { toExport } from '../../queue-admin/export-line.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { jsonLine } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';

/** The default name of an export, in the current folder: `purged-bob-2026-01-31T14-03-07Z.jsonl`. */
export const defaultExportName = (user: string, now: number): string =>
  `purged-${user}-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z.jsonl`;

/**
 * Resolves with the seqs of the messages when the file (mode 0600) is durable. Without messages no file is created.
 * After an error an incomplete file is removed.
 * @throws Failure `usage` when the file exists or cannot be created; `unexpected` when it cannot be written.
 */
export async function writeExport(path: string, batches: AsyncIterable<readonly QueuedMessage[]>): Promise<number[]> {
  const seqs: number[] = [];
  let file: OpenFile | undefined;
  try {
    for await (const messages of batches) {
      file ??= await create(path);
      for (const { seq } of messages) seqs.push(seq);
      const lines = messages.map((message) => `${jsonLine(toExport(message, true))}\n`).join('');
      await translateErrors((error) => notWritten(path, error), writeAll.bind(null, file, Buffer.from(lines)));
    }
    await translateErrors(
      (error) => notWritten(path, error),
      async () => file?.sync(),
    );
  } catch (error) {
    await file?.close();
    if (file) await files.remove(path);
    throw error;
  }
  await file?.close();
  if (file) await files.syncFolder(dirname(path));
  return seqs;
}

const notWritten = (path: string, cause: unknown): Failure =>
  new Failure('unexpected', `${path} cannot be written: nothing was changed`, {
    why: String(cause),
    next: 'free some disk space, or name a file on another disk: --export FILE',
    cause,
  });

async function create(path: string): Promise<OpenFile> {
  try {
    return await files.append(path, { new: true });
  } catch (cause) {
    const why = errorCode(cause) === 'EEXIST' ? 'it exists, and is not overwritten' : String(cause);
    throw new Failure('usage', `${path} cannot be created: nothing was changed`, {
      why,
      next: 'name another file: --export FILE',
      cause,
    });
  }
}
