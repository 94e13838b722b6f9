/**
 * What a start does with a journal: verify all of it, and write what it holds into a new segment. After a crash nothing is
 * trusted that only the page cache may hold (storage 4).
 */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { CannotWrite, Damaged, isPassing } from './faults.js';
import { createSegment, type JournalEnd } from './journal.js';
import { type RecordLine, readHeader, type ScanEnd, type SegmentPlace, scanSegment } from './journal-reader.js';
import { writeAll } from './json-file.js';
import { segmentName, segmentNumber, syncedLine } from './segment.js';

export interface RecoveryOptions {
  readonly files: Files;
  readonly folder: string;
  readonly epoch: string;
  /** The segments that count, oldest first: at least one. */
  readonly segments: readonly number[];
  /** Ends the name of a copy of a torn segment: `000007.ndjson.broken-<stamp>`. */
  readonly stamp: string;
  /** For each record, in order. `position` is where its line begins in the new segment. */
  readonly record: (line: RecordLine, position: number) => void;
}

/** A tail that was cut off: it never was acknowledged. */
export interface TornTail {
  readonly path: string;
  readonly position: number;
  readonly reason: string;
  /** Where the segment was copied to, with its tail. */
  readonly copy: string;
}

export interface Recovery {
  /** The new segment, on disk with all that the old ones held. The old ones still count until somebody says otherwise. */
  readonly end: JournalEnd;
  /** The lsn before the first record. */
  readonly before: number;
  readonly torn: TornTail | undefined;
}

/** @throws Damaged, naming file and byte; FileMissing; NewerFormat; CannotWrite when there is no room for the copy. */
export async function recoverJournal(options: RecoveryOptions): Promise<Recovery> {
  const { files, folder, epoch, segments } = options;
  await removeLeftovers(options);
  const first = await readHeader({ files, folder, epoch, segment: segments[0] as number });
  const start = { epoch, lsn: first.lsn - 1, chain: first.after };
  const next = (segments.at(-1) as number) + 1;
  const created = await createSegment({ files, folder }, next, start);
  try {
    const { end, bytes } = await copySegments(options, created);
    const seal = syncedLine(end.lsn, end.chain);
    await writeAll(created.file, seal);
    await created.file.sync();
    const torn = end.torn === undefined ? undefined : await keepTorn(options, end, end.torn);
    return {
      end: { ...created, lsn: end.lsn, chain: end.chain, bytes: bytes + seal.length },
      before: start.lsn,
      torn,
    };
  } catch (error) {
    await created.file.close();
    await files.remove(join(folder, segmentName(next)));
    if (isPassing(error))
      throw new CannotWrite('there is no room to copy the journal: a start needs it', { cause: error });
    throw error;
  }
}

/** All records of the old segments, in the new one. Headers stay behind, seals come along. */
async function copySegments(
  { files, folder, epoch, segments, record }: RecoveryOptions,
  { file, bytes: headerBytes }: JournalEnd,
): Promise<{ end: ScanEnd; bytes: number }> {
  let bytes = headerBytes;
  let end: ScanEnd | undefined;
  for (const segment of segments) {
    let shift = 0;
    end = await scanSegment(
      { files, folder, epoch, segment, last: segment === segments.at(-1), before: end },
      {
        header: (_, oldHeaderBytes) => {
          shift = bytes - oldHeaderBytes;
        },
        record: (line) => record(line, line.position + shift),
        run: async (run) => {
          await writeAll(file, run);
          bytes += run.length;
        },
      },
    );
  }
  return { end: end as ScanEnd, bytes };
}

/** The torn segment as it was, beside what became of it (R19). */
async function keepTorn(
  { files, folder, segments, stamp }: RecoveryOptions,
  end: ScanEnd,
  reason: string,
): Promise<TornTail> {
  const path = join(folder, segmentName(segments.at(-1) as number));
  const copy = `${path}.broken-${stamp}`;
  await files.copy(path, copy);
  await files.syncFolder(folder);
  return { path, position: end.bytes, reason, copy };
}

/**
 * Segments that nobody counts: older ones, whose records are elsewhere since a checkpoint, and newer ones from a start or
 * a rotation that was cut short. A newer one that holds more than those that count is evidence, not a leftover.
 */
async function removeLeftovers({ files, folder, epoch, segments }: RecoveryOptions): Promise<void> {
  const numbers = (await files.list(folder)).flatMap((name) => segmentNumber(name) ?? []);
  const newest = segments.at(-1) as number;
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
  return end.lsn >= end.header.lsn && end.lsn > (await scanSegment({ ...place, segment: newest, last: true })).lsn;
}

/** Removes segments that do not count any longer. That they are gone need not be durable: the next start removes them again. */
export async function removeSegments(files: Files, folder: string, segments: readonly number[]): Promise<void> {
  for (const segment of segments) await files.remove(join(folder, segmentName(segment)));
}
