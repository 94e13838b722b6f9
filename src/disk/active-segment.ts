/** The segment that a journal writes to, and how a new one is created. */
import { join } from 'node:path';
import type { Files, OpenFile } from '../io/files.js';
import { isTemporary, orDiskBroken } from './disk-errors.js';
import { headerLine, SEGMENT_FORMAT, segmentName } from './journal-format.js';
import { removeIfThere, writeAll } from './json-file.js';

/** The end of a journal, where the next record is appended. */
export interface ActiveSegment {
  readonly segment: number;
  readonly path: string;
  readonly epoch: string;
  /** Of the last record; 0 if there is none yet. */
  readonly lsn: number;
  /** Of the first record in this segment, or of the next one if it has none. */
  readonly firstLsn: number;
  /** The crc of the last record; 0 if there is none yet. */
  readonly chain: number;
  /** Length of the segment. */
  readonly bytes: number;
  /** Whether its last line is a header or a seal. */
  readonly isSealed: boolean;
  readonly file: OpenFile;
  /** See `Files.identify`. */
  readonly identity: string | undefined;
}

/**
 * Creates a segment. When it resolves, its header and its name are durable (storage 5).
 * @param prepare awaited after that: makes durable what must precede the first record.
 * @throws DiskBroken; system errors. After a temporary one (disk full) the segment is removed again.
 */
export async function createSegment(
  { files, folder }: { readonly files: Files; readonly folder: string },
  segment: number,
  { epoch, lsn, chain }: Pick<ActiveSegment, 'epoch' | 'lsn' | 'chain'>,
  prepare?: (created: ActiveSegment) => Promise<unknown>,
): Promise<ActiveSegment> {
  const path = join(folder, segmentName(segment));
  const file = await files.append(path, { new: true });
  try {
    const header = headerLine({ segment, format: SEGMENT_FORMAT, epoch, lsn: lsn + 1, after: chain });
    await writeAll(file, header);
    await orDiskBroken(file.sync());
    await orDiskBroken(files.syncFolder(folder));
    const identity = files.identify(path)?.id;
    const place = { segment, path, epoch, lsn, firstLsn: lsn + 1, chain };
    const created = { ...place, bytes: header.length, isSealed: true, file, identity };
    await prepare?.(created);
    return created;
  } catch (error) {
    if (isTemporary(error)) {
      await orDiskBroken(file.close());
      await removeIfThere(files, path);
    }
    throw error;
  }
}
