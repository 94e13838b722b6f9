/** A journal as a start finds it: the segments that count, how they end, and what lies about beside them. */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { Damaged, errorCode } from './faults.js';
import { type ScanEnd, type SegmentPlace, scanSegment, type Visitor } from './journal-reader.js';
import { segmentName, segmentNumber } from './segment.js';

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
export async function scanJournal(journal: JournalFolder, stamp: string, visitor: Visitor): Promise<JournalTail> {
  const end = await readJournal(journal, visitor);
  const { lsn, chain } = end;
  return { lsn, chain, torn: end.torn === undefined ? undefined : await keepTorn(journal, end, end.torn, stamp) };
}

/** Verifies the whole journal and changes nothing, a torn tail neither. @throws as `scanJournal`. */
export async function readJournal(
  journal: Omit<JournalFolder, 'files'> & { readonly files: Pick<Files, 'open'> },
  visitor: Visitor,
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
 * Removes segments that do not count: older ones, whose records are elsewhere since a checkpoint, and newer ones from a
 * start or a rotation that was cut short. A newer one that holds more than those that count is evidence, not a leftover.
 * @throws Damaged
 */
export async function removeLeftovers({ files, folder, epoch, segments }: JournalFolder): Promise<void> {
  const numbers = (await files.list(folder)).flatMap((name) => segmentNumber(name) ?? []);
  const newest = Math.max(...segments);
  for (const segment of numbers) {
    if (segments.includes(segment)) continue;
    const path = join(folder, segmentName(segment));
    if (segment > newest && (await holdsMore({ files, folder, epoch, segment }, newest))) {
      throw new Damaged(path, 0, 'it has records that come after those of the segments that count');
    }
    await files.remove(path);
  }
}

async function holdsMore(place: SegmentPlace, newest: number): Promise<boolean> {
  let end: ScanEnd;
  try {
    end = await scanSegment({ ...place, last: true });
  } catch (error) {
    if (error instanceof Damaged) return false; // Its header never became durable.
    throw error;
  }
  const isEmpty = end.lsn < end.header.lsn;
  return !isEmpty && end.lsn > (await scanSegment({ ...place, segment: newest, last: true })).lsn;
}

/**
 * For a folder in which no segment counts yet: removes the beginning of one from a start that was cut short.
 * @throws Damaged when a segment holds records: then the file that says which ones count is what is missing.
 */
export async function removeBeginnings(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder)) {
    if (segmentNumber(name) === undefined) continue;
    const path = join(folder, name);
    const bytes = await files.read(path);
    const headerBytes = bytes.indexOf(0x0a) + 1;
    if (headerBytes > 0 && headerBytes < bytes.length) {
      throw new Damaged(path, headerBytes, 'it has records, but nothing says that they count');
    }
    await files.remove(path);
  }
}

/** Removes segments that do not count any longer. That they are gone need not be durable: the next start removes them again. */
export async function removeSegments(files: Files, folder: string, segments: readonly number[]): Promise<void> {
  for (const segment of segments) await files.remove(join(folder, segmentName(segment)));
}
