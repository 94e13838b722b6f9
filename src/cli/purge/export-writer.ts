/** Writes messages to a file of their own, so that they can be put back: im replay --file. */
import { dirname, resolve } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { writeAll } from '../../disk/json-file.js';
import type { Files, OpenFile } from '../../io/files.js';
import { toExport } from '../../queue-admin/export-line.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { jsonLine } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';

/**
 * Returns the seqs of the messages; when there are none, no file is made. Durable when it resolves, mode 0600. What was begun
 * is removed when it fails. @throws Failure `usage` when the file is there, or cannot be written.
 */
export async function writeExport(
  files: Files,
  path: string,
  portions: AsyncIterable<readonly QueuedMessage[]>,
): Promise<number[]> {
  const seqs: number[] = [];
  let file: OpenFile | undefined;
  try {
    for await (const messages of portions) {
      file ??= await create(files, path);
      for (const { seq } of messages) seqs.push(seq);
      await writeAll(file, Buffer.from(messages.map((message) => `${jsonLine(toExport(message, true))}\n`).join('')));
    }
    await file?.sync();
  } catch (error) {
    await file?.close();
    if (file) await files.remove(path);
    throw error;
  }
  await file?.close();
  if (file) await files.syncFolder(dirname(resolve(path)));
  return seqs;
}

async function create(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.append(path, { new: true });
  } catch (cause) {
    const why = errorCode(cause) === 'EEXIST' ? 'it is there already, and no file is written over' : String(cause);
    throw new Failure('usage', `${path} cannot be made: nothing was purged`, {
      why,
      next: 'name another one: --export FILE',
      cause,
    });
  }
}
