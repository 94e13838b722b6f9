/** The torn tail of a journal: damaged bytes at its end that were never acknowledged. They are kept in a copy (R19). */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { orDiskBroken } from './disk-errors.js';
import { segmentName } from './journal-format.js';
import type { ScanEnd } from './journal-reader.js';
import { removeIfThere, writeAll } from './json-file.js';

/** Where a journal was cut off. The field names are those of the log event `journal-torn`. */
export interface TornTail {
  /** The segment. */
  readonly path: string;
  /** The first byte of the tail. */
  readonly position: number;
  readonly reason: string;
  /** The file with the bytes from `position` on. */
  readonly copy: string;
}

/**
 * Copies a torn tail to `<segment>.broken-<stamp>` (storage 2). The copy is durable when it resolves; undefined if the
 * tail is intact.
 */
export async function copyTornTail(
  { files, folder }: { readonly files: Files; readonly folder: string },
  { header, bytes, torn }: ScanEnd,
  stamp: string,
): Promise<TornTail | undefined> {
  if (torn === undefined) return undefined;
  const path = join(folder, segmentName(header.segment));
  const copy = `${path}.broken-${stamp}`;
  await removeIfThere(files, copy); // An earlier start was interrupted.
  const from = await files.open(path);
  const to = await files.append(copy, { new: true });
  try {
    await writeAll(to, await from.read(bytes, (await from.size()) - bytes));
    await orDiskBroken(to.sync());
  } finally {
    await Promise.all([from.close(), orDiskBroken(to.close())]);
  }
  await orDiskBroken(files.syncFolder(folder));
  return { path, position: bytes, reason: torn, copy };
}
