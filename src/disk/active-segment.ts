/** Where a journal goes on: the segment being written, and how one begins. */
import { join } from 'node:path';
import type { Files, OpenFile } from '../io/files.js';
import { isTemporary, orDiskBroken } from './disk-errors.js';
import { headerLine, SEGMENT_FORMAT, segmentName } from './journal-format.js';
import { removeIfThere, writeAll } from './json-file.js';

/** The end of a journal: where the next record goes. */
export interface ActiveSegment {
  readonly segment: number;
  readonly epoch: string;
  /** Of the last record; 0 if there never was one. */
  readonly lsn: number;
  /** The crc of the last record; 0 if there never was one. */
  readonly chain: number;
  /** The length of the segment. */
  readonly bytes: number;
  readonly file: OpenFile;
}

/**
 * A new segment, durable with its header and its name (storage 5). `begun` can do what has to be durable before its first
 * record. After a passing fault there is no such segment.
 */
export async function createSegment(
  { files, folder }: { readonly files: Files; readonly folder: string },
  segment: number,
  { epoch, lsn, chain }: Pick<ActiveSegment, 'epoch' | 'lsn' | 'chain'>,
  begun?: (end: ActiveSegment) => Promise<unknown>,
): Promise<ActiveSegment> {
  const path = join(folder, segmentName(segment));
  const file = await files.append(path, { new: true });
  try {
    const header = headerLine({ segment, format: SEGMENT_FORMAT, epoch, lsn: lsn + 1, after: chain });
    await writeAll(file, header);
    await orDiskBroken(file.sync());
    await orDiskBroken(files.syncFolder(folder));
    const end = { segment, epoch, lsn, chain, bytes: header.length, file };
    await begun?.(end);
    return end;
  } catch (error) {
    if (isTemporary(error)) {
      await orDiskBroken(file.close());
      await removeIfThere(files, path);
    }
    throw error;
  }
}
