/**
 * Recovers a journal at startup: verifies it, cuts off a torn tail, and writes the records of its last segment again in
 * their place, because after a crash some of them may be in the page cache only (storage 4).
 */
import { join } from 'node:path';
import type { OpenFile } from '../io/files.js';
import type { ActiveSegment } from './active-segment.js';
import { CannotWrite, Damaged, isTemporary, orDiskBroken } from './disk-errors.js';
import { type JournalFolder, scanJournal } from './journal-folder.js';
import { segmentName } from './journal-format.js';
import type { RecordLine, ScanEnd, SegmentVisitor } from './journal-reader.js';
import { writeAll } from './json-file.js';
import { copyTornTail, type TornTail } from './torn-tail.js';

/** The last record of a journal. */
export interface JournalEnd {
  readonly lsn: number;
  /** Its crc; 0 if there is no record yet. */
  readonly chain: number;
}

interface RecoveryOptions extends JournalFolder {
  /** Where the journal ended when the last process stopped cleanly: everything is durable. Undefined after a crash. */
  readonly cleanEnd: JournalEnd | undefined;
  /** The last record that other files are known to include: a journal that ends before it is incomplete. */
  readonly includes: number;
  /** Suffix for the copy of a torn tail. */
  readonly stamp: string;
  /** Called for each record, in order. */
  readonly record: (segment: number, line: RecordLine) => void;
}

interface Recovery {
  /** The last segment. All records are durable. */
  readonly active: ActiveSegment;
  readonly torn: TornTail | undefined;
}

/**
 * @throws Damaged, naming file and byte, also when the journal does not end where it ended at a clean stop; FileMissing;
 * NewerFormat; CannotWrite when there is no space. Then the contents of all files are as before.
 */
export async function recoverJournal(options: RecoveryOptions): Promise<Recovery> {
  const { folder, includes, cleanEnd, stamp } = options;
  const rewritten: OpenFile[] = [];
  try {
    const end = await scanJournal(options, (segment) => visitor(options, segment, rewritten));
    for (const file of rewritten) await orDiskBroken(file.sync());
    if (end.lsn < includes) {
      const path = join(folder, segmentName(end.header.segment));
      throw new Damaged(path, end.bytes, `it ends with record ${end.lsn}, but a mailbox includes record ${includes}`);
    }
    if (cleanEnd && (end.lsn !== cleanEnd.lsn || end.chain !== cleanEnd.chain)) {
      const path = join(folder, segmentName(end.header.segment));
      throw new Damaged(
        path,
        end.bytes,
        `it ends with record ${end.lsn}, but a clean stop left it with record ${cleanEnd.lsn}`,
      );
    }
    const torn = await copyTornTail(options, end, stamp);
    return { active: await openActive(options, end), torn };
  } catch (error) {
    if (!isTemporary(error)) throw error;
    throw new CannotWrite('no space to make the journal durable again after a crash', { cause: error });
  } finally {
    await Promise.all(rewritten.map((file) => orDiskBroken(file.close())));
  }
}

/**
 * Passes records on. After a crash it writes each verified chunk of the last segment again. The ones before it were synced
 * before it was begun; they are synced once more, because they may be in a copy of a folder that never was.
 */
function visitor(options: RecoveryOptions, segment: number, rewritten: OpenFile[]): SegmentVisitor {
  const { files, folder, cleanEnd, record, segments } = options;
  let file: OpenFile | undefined;
  return {
    record: (line) => record(segment, line),
    async chunk(bytes, position) {
      if (cleanEnd) return;
      if (!file) {
        file = await files.rewrite(join(folder, segmentName(segment)), position);
        rewritten.push(file);
      }
      if (segment === segments.at(-1)) await writeAll(file, bytes);
    },
  };
}

/** Opens the last segment for appending, without its torn tail. */
async function openActive({ files, folder }: JournalFolder, end: ScanEnd): Promise<ActiveSegment> {
  const { lsn, chain, bytes, isSealed, torn } = end;
  const { segment, epoch, lsn: firstLsn } = end.header;
  const path = join(folder, segmentName(segment));
  const file = await files.append(path);
  if (torn !== undefined) {
    await orDiskBroken(file.truncate(bytes));
    await orDiskBroken(file.sync());
  }
  return { segment, path, epoch, lsn, firstLsn, chain, bytes, isSealed, file, identity: files.identify(path)?.id };
}
