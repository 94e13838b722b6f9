/** Writes a file that holds a token: private, atomic and durable. */
import { dirname } from 'node:path';
import { removeIfThere, writeAll } from '../disk/json-file.js';
import type { Files } from '../io/files.js';

/**
 * Replaces the file: a crash leaves the old text or the new. Durable when it resolves (storage 5: fsync of file and folder).
 * @param temporary in the same file system; one writer at a time. Removed when writing fails.
 */
export async function writeTokenFile(files: Files, path: string, text: string, temporary: string): Promise<void> {
  await removeIfThere(files, temporary);
  const file = await files.append(temporary, { new: true });
  try {
    try {
      await writeAll(file, Buffer.from(`${text}\n`));
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    await removeIfThere(files, temporary);
    throw error;
  }
  await files.syncFolder(dirname(path));
}
