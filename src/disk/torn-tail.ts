/** The torn tail of a journal: damaged bytes at its end that were never acknowledged. They are kept in a copy (R19). */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { errorCode } from './disk-errors.js';
import { segmentName } from './journal-format.js';
import type { ScanEnd } from './journal-reader.js';

/** Where a journal was cut off. The field names are those of the log event `journal-torn`. */
export interface TornTail {
  /** The segment. */
  readonly path: string;
  /** The first byte of the tail. */
  readonly position: number;
  readonly reason: string;
  /** The copy of the segment, including the tail. */
  readonly copy: string;
}

/**
 * Copies the last segment to `….broken-<stamp>` if its tail is torn (storage 2). The copy's name is durable when it
 * resolves; undefined if the tail is intact.
 */
export async function copyTornTail(
  { files, folder }: { readonly files: Files; readonly folder: string },
  { header, bytes, torn }: ScanEnd,
  stamp: string,
): Promise<TornTail | undefined> {
  if (torn === undefined) return undefined;
  const path = join(folder, segmentName(header.segment));
  const copy = `${path}.broken-${stamp}`;
  try {
    await files.copy(path, copy);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error; // An earlier start copied it and did not finish.
  }
  await files.syncFolder(folder);
  return { path, position: bytes, reason: torn, copy };
}
