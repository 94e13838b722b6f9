/** Opens a data folder for writing: creates it, or recovers what an earlier process left (storage 4). */
import { join } from 'node:path';
import { type ActiveSegment, createSegment } from '../../disk/active-segment.js';
import { Damaged, StorageError } from '../../disk/disk-errors.js';
import type { SegmentSize } from '../../disk/journal.js';
import { refuseUnlistedSegments, removeOtherSegments, removeUnfinishedSegments } from '../../disk/journal-folder.js';
import { recoverJournal } from '../../disk/journal-recovery.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import type { Log } from '../../io/log.js';
import { removeOtherCheckpointFiles } from '../files/checkpoint-file.js';
import { JournalIndex } from '../files/journal-index.js';
import { usersOf } from '../files/journal-records.js';
import { includedRecord, mailboxUser, readMailboxFile } from '../files/mailbox-file.js';
import { type CheckpointedMailbox, MailboxManifest } from '../files/mailbox-manifest.js';
import { readCheckpointed, type StoreDocument, StoreFile } from '../files/store-file.js';

interface StoreFolderOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

interface OpenedStoreFolder {
  readonly storeFile: StoreFile;
  readonly active: ActiveSegment;
  /** The segments before it, oldest first. */
  readonly older: ReadonlyMap<number, SegmentSize>;
  readonly index: JournalIndex;
  readonly manifest: MailboxManifest;
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
  const active = await createSegment({ files, folder: journal }, 1, { epoch, lsn: 0, chain: 0 });
  await storeFile.recordCheckpoint([], () => ({ opened: 1, segments: [1] }));
  return { storeFile, active, older: new Map(), index: new JournalIndex(), manifest: new MailboxManifest([]) };
}

async function recoverFolder(
  { files, folder, clock, log }: StoreFolderOptions,
  storeFile: StoreFile,
): Promise<OpenedStoreFolder> {
  const journal = join(folder, 'journal');
  const { epoch, segments, cleanEnd } = storeFile.document;
  const index = new JournalIndex();
  const older = new Map(segments.slice(0, -1).map((segment) => [segment, { bytes: 0, records: 0 }]));
  const place = { files, folder: journal, epoch, segments };
  await refuseUnlistedSegments(place);
  const listed = await readCheckpointed(files, folder, storeFile.document);
  const checkpointed = listed ?? (await readMailboxFiles(files, folder, epoch));
  const { active, torn } = await recoverJournal({
    ...place,
    includes: checkpointed.reduce((newest, { lsn }) => Math.max(newest, lsn), 0),
    cleanEnd,
    stamp: String(clock.now()),
    record(segment, line) {
      const bytes = line.end - line.start;
      const size = older.get(segment);
      if (size) {
        size.bytes += bytes;
        size.records++;
      }
      for (const user of usersOf(line)) index.add(segment, user, line.position, [bytes]);
    },
  });
  if (torn) log.warn('journal-torn', { ...torn });
  // Nothing is removed before this: the store.json just read may be in the page cache only, with an older one on disk.
  const open = ({ opened }: StoreDocument) => ({ opened: opened + 1, cleanEnd: undefined });
  if (storeFile.document.checkpoint === undefined) await storeFile.recordCheckpoint(checkpointed, open);
  else await storeFile.change(open);
  await removeOtherCheckpointFiles(files, folder, storeFile.document.checkpoint);
  await removeOtherSegments(files, journal, segments);
  return { storeFile, active, older, index, manifest: new MailboxManifest(checkpointed) };
}

/** A folder of format 1: the files as they are. A damaged one is reported when its mailbox is used. */
async function readMailboxFiles(files: Files, folder: string, epoch: string): Promise<CheckpointedMailbox[]> {
  const mailboxes: CheckpointedMailbox[] = [];
  for (const name of await files.list(join(folder, 'mailboxes'))) {
    const user = mailboxUser(name);
    if (user === undefined) continue;
    try {
      const document = await readMailboxFile(files, folder, user, epoch);
      if (document) mailboxes.push({ user, ...includedRecord(document) });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
  return mailboxes;
}
