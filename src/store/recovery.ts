/** Opens a data folder: makes it if it is new, and otherwise trusts nothing before it has been verified and written again. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import { Damaged, FileMissing } from '../storage/faults.js';
import { createSegment, type JournalEnd } from '../storage/journal-end.js';
import { removeBeginnings, removeSegments } from '../storage/journal-folder.js';
import { recoveredSegment, recoverJournal } from '../storage/journal-recovery.js';
import { segmentName } from '../storage/segment.js';
import { JournalIndex } from './journal-index.js';
import { userOf } from './records.js';
import { readStoreFile, type StoreDocument, StoreFile } from './store-file.js';

export interface FolderOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export interface OpenedFolder {
  readonly storeFile: StoreFile;
  readonly end: JournalEnd;
  readonly index: JournalIndex;
}

/** @throws Damaged, FileMissing, FileEmpty, NewerFormat: nothing was changed then. */
export async function openFolder(options: FolderOptions): Promise<OpenedFolder> {
  const { files, folder } = options;
  let document: StoreDocument;
  try {
    document = await readStoreFile(files, folder);
  } catch (error) {
    if (error instanceof FileMissing) return createFolder(options);
    throw error;
  }
  return recoverFolder(options, document);
}

/** store.json comes last: without it there is no store yet, however often the start was cut short. */
async function createFolder({ files, folder }: FolderOptions): Promise<OpenedFolder> {
  const journal = join(folder, 'journal');
  await files.makeFolder(journal);
  await files.makeFolder(join(folder, 'mailboxes'));
  if ((await files.list(join(folder, 'mailboxes'))).length > 0) {
    throw new Damaged(join(folder, 'store.json'), undefined, 'it is missing, but there are mailboxes');
  }
  await removeBeginnings(files, journal);
  const epoch = randomUUID();
  const end = await createSegment({ files, folder: journal }, 1, { epoch, lsn: 0, chain: 0 });
  await files.syncFolder(folder);
  const storeFile = new StoreFile(files, folder, { epoch, generation: 0, opened: 0, segments: [] });
  await storeFile.change({ opened: 1, segments: [1] });
  return { storeFile, end, index: new JournalIndex() };
}

async function recoverFolder(options: FolderOptions, document: StoreDocument): Promise<OpenedFolder> {
  const { files, folder, clock, log } = options;
  const journal = join(folder, 'journal');
  const { epoch, segments, opened } = document;
  const index = new JournalIndex();
  const next = recoveredSegment(segments);
  const { end, torn } = await recoverJournal({
    files,
    folder: journal,
    epoch,
    segments,
    stamp: String(clock.now()),
    record({ bytes, start, end: lineEnd }, position) {
      const user = userOf(bytes, start, lineEnd);
      if (user === undefined) throw new Damaged(join(journal, segmentName(next)), position, 'a record names no user');
      index.add(next, user, position, lineEnd - start);
    },
  });
  if (torn) log.warn('journal-torn', { ...torn });
  const storeFile = new StoreFile(files, folder, document);
  await storeFile.change({ opened: opened + 1, segments: [end.segment] });
  await removeSegments(files, journal, segments);
  return { storeFile, end, index };
}
