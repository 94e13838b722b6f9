/**
 * Verifies a journal and writes what it holds into a new segment: after a crash nothing is trusted that only the page
 * cache may hold (storage 4).
 */
import { join } from 'node:path';
import { type ActiveSegment, createSegment } from './active-segment.js';
import { CannotWrite, isTemporary, orDiskBroken } from './disk-errors.js';
import { type JournalFolder, type JournalTail, scanJournal, type TornTail } from './journal-folder.js';
import { segmentName, syncedLine } from './journal-format.js';
import { type RecordLine, readHeader } from './journal-reader.js';
import { writeAll } from './json-file.js';

interface RecoveryOptions extends JournalFolder {
  /** The number of the new segment: see `nextSegment`. */
  readonly segment: number;
  /** Ends the name of a copy of a torn segment. */
  readonly stamp: string;
  /** For each record, in order. `position` is where its line begins in the new segment. */
  readonly record: (line: RecordLine, position: number) => void;
}

interface Recovery {
  /** The new segment, on disk with all that the old ones held. The old ones still count until somebody says otherwise. */
  readonly end: ActiveSegment;
  readonly torn: TornTail | undefined;
}

/** @throws Damaged, naming file and byte; FileMissing; NewerFormat; CannotWrite when there is no room for the copy. */
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
    throw new CannotWrite('there is no room to copy the journal: a start needs it', { cause: error });
  }
}

/** All records of the old segments, in the new one. Headers stay behind, seals come along. */
async function copyRecords(
  options: RecoveryOptions,
  { file, bytes: headerBytes }: ActiveSegment,
): Promise<{ tail: JournalTail; bytes: number }> {
  let bytes = headerBytes;
  let shift = 0;
  /** One run is written while the next one is read. */
  let writing = Promise.resolve();
  try {
    const tail = await scanJournal(options, options.stamp, {
      header(_, oldHeaderBytes) {
        shift = bytes - oldHeaderBytes;
      },
      record: (line) => options.record(line, line.position + shift),
      async run(run) {
        await writing;
        writing = writeAll(file, run);
        bytes += run.length;
      },
    });
    await writing;
    return { tail, bytes };
  } finally {
    await Promise.allSettled([writing]); // If both fail, the scan's error is the one that says why.
  }
}
