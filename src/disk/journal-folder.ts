/** A journal as a start finds it: the segments that count, how they end, and what lies about beside them. */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { Damaged, errorCode } from './disk-errors.js';
import { segmentName, segmentNumber } from './journal-format.js';
import { readHeader, type ScanEnd, type SegmentPlace, type SegmentVisitor, scanSegment } from './journal-reader.js';

export interface JournalFolder {
  readonly files: Files;
  readonly folder: string;
  readonly epoch: string;
  /** The segments that count, oldest first: at least one. */
  readonly segments: readonly number[];
}

/** A tail that was cut off: it never was acknowledged. */
export interface TornTail {
  readonly path: string;
  readonly position: number;
  readonly reason: string;
  /** Where the segment was copied to, with its tail. */
  readonly copy: string;
}

export interface JournalTail {
  /** Of the last record. */
  readonly lsn: number;
  readonly chain: number;
  readonly torn: TornTail | undefined;
}

/**
 * Verifies the whole journal. A torn tail is copied to a file `….broken-<stamp>` beside its segment (storage 2, R19).
 * @throws Damaged, naming file and byte; FileMissing; NewerFormat.
 */
export async function scanJournal(
  journal: JournalFolder,
  stamp: string,
  visitor: SegmentVisitor,
): Promise<JournalTail> {
  const end = await readJournal(journal, visitor);
  const { lsn, chain } = end;
  return { lsn, chain, torn: end.torn === undefined ? undefined : await keepTorn(journal, end, end.torn, stamp) };
}

/** Verifies the whole journal and changes nothing, a torn tail neither. @throws as `scanJournal`. */
export async function readJournal(
  journal: Omit<JournalFolder, 'files'> & { readonly files: Pick<Files, 'open'> },
  visitor: SegmentVisitor,
): Promise<ScanEnd> {
  const { segments, ...place } = journal;
  let end: ScanEnd | undefined;
  for (const segment of segments) {
    const last = segment === segments.at(-1);
    end = await scanSegment({ ...place, segment, last, before: end }, visitor);
  }
  if (!end) throw new Damaged(journal.folder, undefined, 'no segment counts');
  return end;
}

/** The torn segment as it was, beside what becomes of it. */
async function keepTorn(
  { files, folder }: JournalFolder,
  { header, bytes }: ScanEnd,
  reason: string,
  stamp: string,
): Promise<TornTail> {
  const path = join(folder, segmentName(header.segment));
  const copy = `${path}.broken-${stamp}`;
  try {
    await files.copy(path, copy);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error; // Copied by a start that was cut short.
  }
  await files.syncFolder(folder);
  return { path, position: bytes, reason, copy };
}

/**
 * The number for a new segment: higher than that of every file there, also of those left by a start or a rotation that was
 * cut short. A segment that goes on after those that count is no leftover, but evidence: something made the list of them
 * older than the journal. @throws Damaged
 */
export async function nextSegment({ files, folder, epoch, segments }: JournalFolder): Promise<number> {
  const place = { files, folder, epoch };
  const newest = Math.max(...segments);
  const oldest = await readHeader({ ...place, segment: Math.min(...segments) });
  let highest = newest;
  for (const segment of await listSegments(files, folder)) {
    highest = Math.max(highest, segment);
    if (segment <= newest || !(await goesOn({ ...place, segment }, oldest.lsn))) continue;
    const path = join(folder, segmentName(segment));
    throw new Damaged(path, 0, 'it has records that come after those of the segments that count');
  }
  return highest + 1;
}

const listSegments = async (files: Files, folder: string): Promise<number[]> =>
  (await files.list(folder)).flatMap((name) => segmentNumber(name) ?? []);

/** Whether it has records, and is no copy: a start copies all segments that count, from their first record on. */
async function goesOn(place: SegmentPlace, firstLsn: number): Promise<boolean> {
  try {
    const { header, lsn } = await scanSegment({ ...place, last: true });
    return header.lsn > firstLsn && lsn >= header.lsn;
  } catch (error) {
    if (error instanceof Damaged) return false; // It never became whole.
    throw error;
  }
}

/**
 * For a folder in which no segment counts yet: removes the beginning of one from a start that was cut short.
 * @throws Damaged when a segment holds records: then the file that says which ones count is what is missing.
 */
export async function removeBeginnings(files: Files, folder: string): Promise<void> {
  for (const segment of await listSegments(files, folder)) {
    const path = join(folder, segmentName(segment));
    const bytes = await files.read(path);
    const headerBytes = bytes.indexOf(0x0a) + 1;
    if (headerBytes > 0 && headerBytes < bytes.length) {
      throw new Damaged(path, headerBytes, 'it has records, but nothing says that they count');
    }
    await files.remove(path);
  }
}

/**
 * Removes all segments but this one, which has to be the only one that counts for good: what says so is on disk. That the
 * others are gone need not be: the next start removes them again.
 */
export async function removeOthers(files: Files, folder: string, kept: number): Promise<void> {
  for (const segment of await listSegments(files, folder)) {
    if (segment !== kept) await files.remove(join(folder, segmentName(segment)));
  }
}
