/**
 * A data folder as it was at one moment, read beside a running server or without one. No lock is taken and nothing is
 * changed (storage 12, R19); what the server does after that moment does not reach the snapshot.
 */
import { join } from 'node:path';
import { Damaged, errorCode, FileMissing } from '../disk/disk-errors.js';
import { scanJournal } from '../disk/journal-folder.js';
import { segmentName } from '../disk/journal-format.js';
import { openFileSet } from '../disk/open-file-set.js';
import type { Files } from '../io/files.js';
import { JournalIndex } from './journal-index.js';
import { userOf } from './journal-records.js';
import { SNAPSHOT } from './limits.js';
import { mailboxPath, mailboxUser } from './mailbox-file.js';
import { Snapshot } from './snapshot.js';
import { readStoreFile, type StoreDocument } from './store-file.js';

export interface SnapshotOptions {
  readonly files: Files;
  readonly folder: string;
  /** Only this user's mailbox. */
  readonly user?: string | undefined;
}

/**
 * All files are opened first; when `store.json` did not change meanwhile, they belong together: no segment that counts was
 * removed, and no mailbox's file is newer than the end of the journal, which is read last.
 * @throws FileMissing when there is no store; Damaged, FileEmpty, NewerFormat; system errors such as EACCES and EMFILE.
 */
export async function openSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  for (let attempt = 1; ; attempt++) {
    const before = await readStoreFile(options.files, options.folder);
    try {
      const snapshot = await takeSnapshot(options, before);
      if (await isUnchanged(options, before)) return snapshot;
      await snapshot.close();
    } catch (error) {
      // What a checkpoint removes, and what a full disk takes back, looks like damage for a moment.
      const mayPass = error instanceof Damaged || error instanceof FileMissing || errorCode(error) === 'ENOENT';
      const isReal = attempt >= SNAPSHOT.damagedAttempts && (await isUnchanged(options, before));
      if (!mayPass || isReal) throw error;
    }
    if (attempt >= SNAPSHOT.maxAttempts) throw new Error(`${options.folder} changes faster than it can be read`);
  }
}

const isUnchanged = async ({ files, folder }: SnapshotOptions, { generation }: StoreDocument): Promise<boolean> =>
  (await readStoreFile(files, folder)).generation === generation;

async function takeSnapshot({ files, folder, user }: SnapshotOptions, store: StoreDocument): Promise<Snapshot> {
  const users = new Set((await files.list(join(folder, 'mailboxes'))).flatMap((name) => mailboxUser(name) ?? []));
  const named = user === undefined ? [...users] : [user].filter((one) => users.has(one));
  const journal = join(folder, 'journal');
  const segments = store.segments.map((segment) => join(journal, segmentName(segment)));
  const held = await openFileSet(files, [...segments, ...named.map((one) => mailboxPath(folder, one))]);
  try {
    const index = new JournalIndex();
    let current = 0;
    const { epoch } = store;
    const { lsn } = await scanJournal(
      { files: held, folder: journal, epoch, segments: store.segments },
      {
        header({ segment }) {
          current = segment;
        },
        record({ path, bytes, start, end, position }) {
          const owner = userOf(bytes, start, end);
          if (owner === undefined) throw new Damaged(path, position, 'a record names no user');
          if (user === undefined || user === owner) index.add(current, owner, position, end - start);
        },
      },
    );
    return new Snapshot({
      files: held,
      folder,
      epoch,
      lsn,
      index,
      users: [...new Set([...named, ...index.users])].sort(),
    });
  } catch (error) {
    await held.close();
    throw error;
  }
}
