/**
 * Recovers a journal at startup: verifies it and copies its records into a new segment that is fsynced, because after a
 * crash some of them may be in the page cache only (storage 4).
 */
import { join } from 'node:path';
import { type ActiveSegment, createSegment } from './active-segment.js';
import { CannotWrite, isTemporary, orDiskBroken } from './disk-errors.js';
import { type JournalFolder, type JournalTail, scanAndCopyTornTail } from './journal-folder.js';
import { segmentName, syncedLine } from './journal-format.js';
import { type RecordLine, readHeader } from './journal-reader.js';
import { writeAll } from './json-file.js';
import type { TornTail } from './torn-tail.js';

interface RecoveryOptions extends JournalFolder {
  /** The number of the new segment: see `nextSegmentNumber`. */
  readonly segment: number;
  /** Suffix for the copy of a torn segment. */
  readonly stamp: string;
  /** Called for each record, in order. `position`: the start of its line in the new segment. */
  readonly record: (line: RecordLine, position: number) => void;
}

interface Recovery {
  /** The new segment, durable, with all records. The old segments count until the caller lists the new one. */
  readonly end: ActiveSegment;
  readonly torn: TornTail | undefined;
}

/** @throws Damaged, naming file and byte; FileMissing; NewerFormat; CannotWrite when there is no space for the copy. */
export async function recoverJournal(options: RecoveryOptions): Promise<Recovery> {
  const { files, folder, epoch, segments, segment } = options;
  const first = await readHeader({ files, folder, epoch, segment: segments[0] ?? 0 });
  const start = { epoch, lsn: first.lsn - 1, chain: first.after };
  const created = await createSegment({ files, folder }, segment, start);
  try {
    const { tail, bytes } = await copyRecords(options, created);
    const { lsn, chain, torn } = tail;
    const seal = syncedLine(lsn, chain);
    await writeAll(created.file, seal);
    await orDiskBroken(created.file.sync());
    return { end: { ...created, lsn, chain, bytes: bytes + seal.length }, torn };
  } catch (error) {
    await orDiskBroken(created.file.close());
    await files.remove(join(folder, segmentName(segment)));
    if (!isTemporary(error)) throw error;
    throw new CannotWrite('no space to copy the journal, which every start does', { cause: error });
  }
}

/** Copies the lines after the headers: records and seals. */
async function copyRecords(
  options: RecoveryOptions,
  { file, bytes: headerBytes }: ActiveSegment,
): Promise<{ tail: JournalTail; bytes: number }> {
  let bytes = headerBytes;
  let shift = 0;
  /** A chunk is written while the next one is read. */
  let writing = Promise.resolve();
  try {
    const tail = await scanAndCopyTornTail(options, options.stamp, {
      header(_, oldHeaderBytes) {
        shift = bytes - oldHeaderBytes;
      },
      record: (line) => options.record(line, line.position + shift),
      async chunk(chunk) {
        await writing;
        writing = writeAll(file, chunk);
        bytes += chunk.length;
      },
    });
    await writing;
    return { tail, bytes };
  } finally {
    await Promise.allSettled([writing]); // If both fail, the scan's error is the more useful one.
  }
}
