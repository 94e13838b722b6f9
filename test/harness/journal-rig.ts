/** Sets up a journal on an in-memory disk, and reads one back. */
import { type ActiveSegment, createSegment } from '../../src/disk/active-segment.js';
import type { CannotWrite, DiskBroken } from '../../src/disk/disk-errors.js';
import { Journal, type JournalOptions, type JournalPlace } from '../../src/disk/journal.js';
import { scanJournal } from '../../src/disk/journal-folder.js';
import type { ScanEnd } from '../../src/disk/journal-reader.js';
import type { MemoryDisk } from './files-memory.js';

export const FOLDER = '/data/journal';
export const EPOCH = 'epoch';

/** Time moves only when a test sets it; deferred work runs with setImmediate. */
export interface RigClock {
  nowMs: number;
  defer(run: () => void): void;
  monotonic(): number;
}

export const rigClock = (): RigClock => ({
  nowMs: 0,
  defer: (run) => {
    setImmediate(run);
  },
  monotonic() {
    return this.nowMs;
  },
});

export interface JournalRig {
  readonly journal: Journal;
  readonly clock: RigClock;
  /** The errors given to `onBroken`. */
  readonly broken: DiskBroken[];
  /** Appends a record. Resolves with its place when it is durable. */
  put(members: string): Promise<JournalPlace>;
}

export async function rigJournal(
  disk: MemoryDisk,
  options: Partial<JournalOptions> & { readonly end?: ActiveSegment } = {},
): Promise<JournalRig> {
  const { files } = disk;
  await files.makeFolder(FOLDER);
  const end = options.end ?? (await createSegment({ files, folder: FOLDER }, 1, { epoch: EPOCH, lsn: 0, chain: 0 }));
  const clock = rigClock();
  const broken: DiskBroken[] = [];
  const journal = new Journal(end, {
    files,
    folder: FOLDER,
    clock,
    onBroken: (error) => broken.push(error),
    ...options,
  });
  const put = (members: string): Promise<JournalPlace> =>
    new Promise((resolve, reject) => {
      const refused = (error: CannotWrite | DiskBroken): void => reject(error);
      journal.append([members], { written: (place) => resolve({ ...place }), refused });
    });
  return { journal, clock, broken, put };
}

/** The members of a record with this text. */
export const members = (text: string): string => `"text":${JSON.stringify(text)}`;

export interface JournalContents extends ScanEnd {
  readonly texts: string[];
}

/** Verifies a journal and returns the texts of its records. */
export async function readTexts(disk: MemoryDisk, segments: readonly number[] = [1]): Promise<JournalContents> {
  const texts: string[] = [];
  const place = { files: disk.files, folder: FOLDER, epoch: EPOCH, segments };
  const end = await scanJournal(place, () => ({
    record({ bytes, start, end: lineEnd }) {
      texts.push((JSON.parse(bytes.toString('utf8', start, lineEnd)) as { text: string }).text);
    },
  }));
  return { ...end, texts };
}
