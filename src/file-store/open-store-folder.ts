/** Opens a data folder for writing: creates it, or recovers what an earlier process left (storage 4). */
import { join } from 'node:path';
import { type ActiveSegment, createSegment } from '../disk/active-segment.js';
import { Damaged } from '../disk/disk-errors.js';
import { nextSegmentNumber, removeOtherSegments, removeUnfinishedSegments } from '../disk/journal-folder.js';
import { recoverJournal } from '../disk/journal-recovery.js';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import { JournalIndex } from './journal-index.js';
import { userOf } from './journal-records.js';
import { StoreFile } from './store-file.js';

interface StoreFolderOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

interface OpenedStoreFolder {
  readonly storeFile: StoreFile;
  readonly end: ActiveSegment;
  readonly index: JournalIndex;
}

/** @throws Damaged, FileMissing, FileEmpty, NewerFormat: then nothing was changed. */
export async function openStoreFolder(options: StoreFolderOptions): Promise<OpenedStoreFolder> {
  const storeFile = await StoreFile.open(options.files, options.folder);
  return storeFile.isNew ? createFolder(options, storeFile) : recoverFolder(options, storeFile);
}

/** Writes store.json last: without it there is no store yet, and an interrupted start can be repeated. */
async function createFolder({ files, folder }: StoreFolderOptions, storeFile: StoreFile): Promise<OpenedStoreFolder> {
  const journal = join(folder, 'journal');
  const mailboxes = join(folder, 'mailboxes');
  await files.makeFolder(journal);
  await files.makeFolder(mailboxes);
  if ((await files.list(mailboxes)).length > 0) {
    throw new Damaged(join(folder, 'store.json'), undefined, 'it is missing, but there are mailboxes');
  }
  await removeUnfinishedSegments(files, journal);
  const { epoch } = storeFile.document;
  const end = await createSegment({ files, folder: journal }, 1, { epoch, lsn: 0, chain: 0 });
  await storeFile.change({ opened: 1, segments: [1] });
  return { storeFile, end, index: new JournalIndex() };
}

async function recoverFolder(
  { files, folder, clock, log }: StoreFolderOptions,
  storeFile: StoreFile,
): Promise<OpenedStoreFolder> {
  const journal = join(folder, 'journal');
  const { epoch, segments, opened } = storeFile.document;
  const index = new JournalIndex();
  const place = { files, folder: journal, epoch, segments };
  const segment = await nextSegmentNumber(place);
  const { end, torn } = await recoverJournal({
    ...place,
    segment,
    stamp: String(clock.now()),
    record: (line, position) => index.add(segment, userOf(line), position, line.end - line.start),
  });
  if (torn) log.warn('journal-torn', { ...torn });
  // Nothing is removed before this: the store.json just read may be in the page cache only, with an older one on disk.
  await storeFile.change({ opened: opened + 1, segments: [segment] });
  await removeOtherSegments(files, journal, segment);
  return { storeFile, end, index };
}
