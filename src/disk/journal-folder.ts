/** The folder of a journal at startup: verifies the segments that count, and removes or refuses the others. */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { Damaged } from './disk-errors.js';
import { segmentName, segmentNumber } from './journal-format.js';
import { readHeader, type ScanEnd, type SegmentRef, type SegmentVisitor, scanSegment } from './journal-reader.js';

export interface JournalFolder {
  readonly files: Files;
  readonly folder: string;
  readonly epoch: string;
  /** The segments that count, oldest first; at least one. A file outside of this folder lists them. */
  readonly segments: readonly number[];
}

/**
 * Verifies the whole journal. Changes nothing; a torn tail is not an error.
 * @param visitorOf makes the visitor of a segment.
 * @throws Damaged, naming file and byte; FileMissing; NewerFormat.
 */
export async function scanJournal(
  { files, folder, epoch, segments }: Omit<JournalFolder, 'files'> & { readonly files: Pick<Files, 'open'> },
  visitorOf: (segment: number) => SegmentVisitor,
): Promise<ScanEnd> {
  let end: ScanEnd | undefined;
  for (const segment of segments) {
    const last = segment === segments.at(-1);
    end = await scanSegment({ files, folder, epoch, segment, last, before: end }, visitorOf(segment));
  }
  if (!end) throw new Damaged(folder, undefined, 'no segment is listed');
  return end;
}

/**
 * Refuses a journal whose list of segments is older than its files: a segment that is not listed, but continues the
 * listed ones. Other unlisted files are leftovers of an interrupted rotation or start. @throws Damaged
 */
export async function refuseUnlistedSegments({ files, folder, epoch, segments }: JournalFolder): Promise<void> {
  const place = { files, folder, epoch };
  const newest = Math.max(...segments);
  const oldest = await readHeader({ ...place, segment: Math.min(...segments) });
  for (const segment of await listSegments(files, folder)) {
    if (segment <= newest || !(await continuesJournal({ ...place, segment }, oldest.lsn))) continue;
    const path = join(folder, segmentName(segment));
    throw new Damaged(path, 0, 'it continues the journal, but is not listed as a part of it');
  }
}

/** The number for a new segment: higher than that of every file in the folder, including leftovers. */
export const nextSegmentNumber = async (files: Files, folder: string): Promise<number> =>
  Math.max(0, ...(await listSegments(files, folder))) + 1;

const listSegments = async (files: Files, folder: string): Promise<number[]> =>
  (await files.list(folder)).flatMap((name) => segmentNumber(name) ?? []);

/** Whether it has records and is not a copy: im 1 copied all listed segments at a start, beginning with their first record. */
async function continuesJournal(segment: SegmentRef, firstLsn: number): Promise<boolean> {
  try {
    const { header, lsn } = await scanSegment({ ...segment, last: true });
    return header.lsn > firstLsn && lsn >= header.lsn;
  } catch (error) {
    if (error instanceof Damaged) return false; // Its creation was interrupted.
    throw error;
  }
}

/**
 * For a folder with no listed segments: removes what an interrupted first start left.
 * @throws Damaged when a segment holds records: then the file that lists the segments is missing.
 */
export async function removeUnfinishedSegments(files: Files, folder: string): Promise<void> {
  for (const segment of await listSegments(files, folder)) {
    const path = join(folder, segmentName(segment));
    const bytes = await files.read(path);
    const headerBytes = bytes.indexOf(0x0a) + 1;
    if (headerBytes > 0 && headerBytes < bytes.length) {
      throw new Damaged(path, headerBytes, 'it has records, but is not listed as a part of a journal');
    }
    await files.remove(path);
  }
}

/**
 * Removes all segments but `kept`, which must be durably listed as the only ones. The removals are not synced: after a
 * loss of power the next start repeats them.
 */
export async function removeOtherSegments(files: Files, folder: string, kept: readonly number[]): Promise<void> {
  for (const segment of await listSegments(files, folder)) {
    if (!kept.includes(segment)) await files.remove(join(folder, segmentName(segment)));
  }
}
