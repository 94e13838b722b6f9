/** The folder of a journal at startup: verifies the segments that count, and removes or refuses the others. */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { Damaged } from './disk-errors.js';
import { segmentName, segmentNumber } from './journal-format.js';
import { readHeader, type ScanEnd, type SegmentRef, type SegmentVisitor, scanSegment } from './journal-reader.js';
import { copyTornTail, type TornTail } from './torn-tail.js';

export interface JournalFolder {
  readonly files: Files;
  readonly folder: string;
  readonly epoch: string;
  /** The segments that count, oldest first; at least one. A file outside of this folder lists them. */
  readonly segments: readonly number[];
}

/** How a journal ends. */
export interface JournalTail {
  /** Of the last record. */
  readonly lsn: number;
  /** The crc of the last record. */
  readonly chain: number;
  /** Set if the end was cut off. */
  readonly torn: TornTail | undefined;
}

/**
 * Verifies the whole journal, for reading: changes nothing, and ignores a torn tail.
 * @throws Damaged, naming file and byte; FileMissing; NewerFormat.
 */
export async function scanJournal(
  journal: Omit<JournalFolder, 'files'> & { readonly files: Pick<Files, 'open'> },
  visitor: SegmentVisitor,
): Promise<ScanEnd> {
  const { segments, ...place } = journal;
  let end: ScanEnd | undefined;
  for (const segment of segments) {
    const last = segment === segments.at(-1);
    end = await scanSegment({ ...place, segment, last, before: end }, visitor);
  }
  if (!end) throw new Damaged(journal.folder, undefined, 'no segment is listed');
  return end;
}

/** Verifies the whole journal at startup: a torn tail is copied, and the caller cuts it off. @throws as `scanJournal`. */
export async function scanAndCopyTornTail(
  journal: JournalFolder,
  stamp: string,
  visitor: SegmentVisitor,
): Promise<JournalTail> {
  const end = await scanJournal(journal, visitor);
  return { lsn: end.lsn, chain: end.chain, torn: await copyTornTail(journal, end, stamp) };
}

/**
 * The number for a new segment: higher than that of every file in the folder, including leftovers of an interrupted
 * start or rotation. A segment that continues the listed ones is no leftover: it proves that the list is older than the
 * journal.
 * @throws Damaged
 */
export async function nextSegmentNumber({ files, folder, epoch, segments }: JournalFolder): Promise<number> {
  const place = { files, folder, epoch };
  const newest = Math.max(...segments);
  const oldest = await readHeader({ ...place, segment: Math.min(...segments) });
  let highest = newest;
  for (const segment of await listSegments(files, folder)) {
    highest = Math.max(highest, segment);
    if (segment <= newest || !(await continuesJournal({ ...place, segment }, oldest.lsn))) continue;
    const path = join(folder, segmentName(segment));
    throw new Damaged(path, 0, 'it continues the journal, but is not listed as a part of it');
  }
  return highest + 1;
}

const listSegments = async (files: Files, folder: string): Promise<number[]> =>
  (await files.list(folder)).flatMap((name) => segmentNumber(name) ?? []);

/** Whether it has records and is not a copy: a start copies all listed segments, beginning with their first record. */
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
 * Removes all segments but `kept`, which must be durably listed as the only one. The removals are not synced: after a
 * loss of power the next start repeats them.
 */
export async function removeOtherSegments(files: Files, folder: string, kept: number): Promise<void> {
  for (const segment of await listSegments(files, folder)) {
    if (segment !== kept) await files.remove(join(folder, segmentName(segment)));
  }
}
