/**
 * Opens a snapshot of a data folder: its contents at one moment, beside a running server or without one. Takes no lock
 * and changes nothing (storage 12, R19). Later changes of the server do not affect the snapshot.
 */
import { join } from 'node:path';
import { Damaged, errorCode, FileMissing } from '../../disk/disk-errors.js';
import { scanJournal } from '../../disk/journal-folder.js';
import { segmentName } from '../../disk/journal-format.js';
import { openFileSet } from '../../disk/open-file-set.js';
import type { Files } from '../../io/files.js';
import { SYSTEM_USER, usersOf } from '../files/journal-records.js';
import { mailboxPath, mailboxUser } from '../files/mailbox-file.js';
import { MailboxManifest } from '../files/mailbox-manifest.js';
import { firstFenceOf, readCheckpointed, readStoreFile, type StoreDocument } from '../files/store-file.js';
import { SNAPSHOT } from '../limits.js';
import { Snapshot } from './snapshot.js';
import { SnapshotIndex } from './snapshot-index.js';

export interface SnapshotOptions {
  readonly files: Files;
  readonly folder: string;
  /** Only this user's mailbox, besides that of SYSTEM_USER. */
  readonly user?: string | undefined;
}

/**
 * Opens all files, then checks that `store.json` has not changed meanwhile. Then they are consistent: no listed
 * segment was removed, and no mailbox file is newer than the end of the journal, which is read later. Otherwise it
 * starts again.
 * @throws FileMissing when there is no store; Damaged, FileEmpty, NewerFormat; system errors such as EACCES and EMFILE.
 */
export async function openSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  for (let attempt = 1; ; attempt++) {
    const before = await readStoreFile(options.files, options.folder);
    try {
      const snapshot = await takeSnapshot(options, before);
      if (snapshot) return snapshot;
    } catch (error) {
      // Files that a checkpoint removes, and writes that a full disk undoes, look like damage for a moment.
      const mayBeTransient = error instanceof Damaged || error instanceof FileMissing || errorCode(error) === 'ENOENT';
      const isReal = attempt >= SNAPSHOT.damagedAttempts && (await isUnchanged(options, before));
      if (!mayBeTransient || isReal) throw error;
    }
    if (attempt >= SNAPSHOT.maxAttempts) throw new Error(`${options.folder} changes too fast to be read`);
  }
}

const isUnchanged = async ({ files, folder }: SnapshotOptions, { generation }: StoreDocument): Promise<boolean> =>
  (await readStoreFile(files, folder)).generation === generation;

/** Undefined if `store.json` has changed meanwhile. */
async function takeSnapshot(options: SnapshotOptions, store: StoreDocument): Promise<Snapshot | undefined> {
  const { files, folder, user } = options;
  const checkpointed = await readCheckpointed(files, folder, store);
  const users = new Set((await files.list(join(folder, 'mailboxes'))).flatMap((name) => mailboxUser(name) ?? []));
  const isNeeded = (one: string): boolean => user === undefined || one === user || one === SYSTEM_USER;
  const named = [...users].filter(isNeeded);
  const journal = join(folder, 'journal');
  const segments = store.segments.map((segment) => join(journal, segmentName(segment)));
  const fileSet = await openFileSet(files, [...segments, ...named.map((one) => mailboxPath(folder, one))]);
  try {
    if (!(await isUnchanged(options, store))) {
      await fileSet.close();
      return undefined;
    }
    const index = new SnapshotIndex();
    const { epoch } = store;
    const place = { files: fileSet, folder: journal, epoch, segments: store.segments };
    const { lsn } = await scanJournal(place, (segment) => ({
      record(line) {
        for (const owner of usersOf(line))
          if (isNeeded(owner)) index.add(segment, owner, line.position, line.end - line.start);
      },
    }));
    const manifest = checkpointed && new MailboxManifest(checkpointed);
    const listed = [...(manifest?.users ?? [])].filter(isNeeded);
    return new Snapshot({
      files: fileSet,
      folder,
      epoch,
      lsn,
      index,
      manifest,
      users: [...new Set([...named, ...listed, ...index.users])]
        .filter((one) => user === undefined || one === user)
        .sort(),
      firstFence: firstFenceOf(store),
    });
  } catch (error) {
    await fileSet.close();
    throw error;
  }
}
