/** A journal on a disk in memory, with what tests ask of one. */

import { type ActiveSegment, createSegment } from '../../src/disk/active-segment.js';
import type { CannotWrite, DiskBroken } from '../../src/disk/disk-errors.js';
import { Journal, type JournalOptions, type JournalPosition } from '../../src/disk/journal.js';
import { type JournalTail, scanJournal } from '../../src/disk/journal-folder.js';
import type { MemoryDisk } from './files-memory.js';

export const FOLDER = '/data/journal';
export const EPOCH = 'epoch';

/** Time stands still until a test moves it; what is deferred runs at the end of the turn. */
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
  /** What the journal told its owner. */
  readonly broken: DiskBroken[];
  /** Hands a record over: where it is, when it is on disk. */
  put(members: string): Promise<JournalPosition>;
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
  const put = (members: string): Promise<JournalPosition> =>
    new Promise((resolve, reject) => {
      const refused = (error: CannotWrite | DiskBroken): void => reject(error);
      journal.append(members, { written: (place) => resolve({ ...place }), refused });
    });
  return { journal, clock, broken, put };
}

/** A record's members, with text of its own. */
export const members = (text: string): string => `"text":${JSON.stringify(text)}`;

export interface Held extends JournalTail {
  readonly texts: string[];
}

/** What a journal holds, verified. */
export async function readTexts(disk: MemoryDisk, segments: readonly number[] = [1]): Promise<Held> {
  const texts: string[] = [];
  const place = { files: disk.files, folder: FOLDER, epoch: EPOCH, segments };
  const tail = await scanJournal(place, 'stamp', {
    record({ bytes, start, end }) {
      texts.push((JSON.parse(bytes.toString('utf8', start, end)) as { text: string }).text);
    },
  });
  return { ...tail, texts };
}
