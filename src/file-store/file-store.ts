/** The store in a folder: mailboxes on a journal. Wiring only. The caller holds the folder's lock (storage 11). */

import { join } from 'node:path';
import { Journal } from '../disk/journal.js';
import { JOURNAL } from '../disk/limits.js';
import type { Clock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import type { Log } from '../io/log.js';
import type { Bounds } from '../protocol/limits.js';
import { MAILBOX } from '../store/limits.js';
import { type Store, StoreBroken, StoreUnavailable } from '../store/store.js';
import { Checkpoint } from './checkpoint.js';
import { FILE_STORE } from './limits.js';
import type { MailboxLimits } from './mailbox.js';
import { mailboxUser } from './mailbox-file.js';
import { MailboxLoader } from './mailbox-loader.js';
import { type MailboxBackend, Mailboxes } from './mailbox-store.js';
import { openStoreFolder } from './open-store-folder.js';

export interface FileStoreOptions {
  /** The data folder. It is made if it is not there. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Clock;
  readonly log: Log;
  /** Bounds of a mailbox, where they are not MAILBOX. */
  readonly limits?: Partial<MailboxLimits>;
  /** Bounds of the files, where they are not JOURNAL and FILE_STORE. */
  readonly storage?: Partial<Bounds<typeof FILE_STORE & typeof JOURNAL>>;
  /** Called after each fdatasync of the journal, with the records that shared it and how long it took: for the metrics. */
  readonly onCommit?: (records: number, ms: number) => void;
  /** Called once when the disk has failed (storage 3): the process has to end, with an exit code that is not zero. */
  readonly onBroken?: (error: StoreBroken) => void;
}

/** Fences of one opening of the store: a later opening gives higher ones, however often this one was claimed. */
const FENCES_PER_OPENING = 2 ** 32;

/**
 * Ready to serve when it resolves: what a crash left in the journal has been verified and is on disk again (storage 4).
 * @throws Damaged, FileMissing, FileEmpty, NewerFormat, CannotWrite.
 */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const { folder, files = realFiles, clock, log, onBroken, onCommit } = options;
  const limits = { ...JOURNAL, ...FILE_STORE, ...options.storage };
  const { storeFile, end, index } = await openStoreFolder({ files, folder, clock, log });
  const { epoch, opened } = storeFile.document;

  const journal = new Journal(end, {
    files,
    folder: join(folder, 'journal'),
    clock,
    limits,
    onBatch(records, ms) {
      onCommit?.(records, ms);
      checkpoint.consider();
    },
    onBroken(cause) {
      const error = new StoreBroken(cause.message, { cause });
      store.stop(error);
      sweep.cancel();
      log.error('store-broken', error, { folder });
      onBroken?.(error);
    },
  });
  const loader = new MailboxLoader(
    { files, folder, epoch, clock, limits: { ...MAILBOX, ...options.limits }, index },
    log,
  );
  const backing: MailboxBackend = {
    load: (user) => loader.load(user),
    async users() {
      const names = await files.list(join(folder, 'mailboxes'));
      return new Set([...names.flatMap((name) => mailboxUser(name) ?? []), ...index.users]);
    },
    write: (members, listener) => journal.append(members, listener),
    placed: (user, { segment, position, bytes }) => index.add(segment, user, position, bytes),
  };
  const store = new FileStore(backing, clock, opened * FENCES_PER_OPENING, epoch, async () => {
    sweep.cancel();
    await store.whenOpened();
    await journal.flush();
    await checkpoint.finish();
    await journal.close();
  });
  const checkpoint = new Checkpoint({ files, folder, clock, log, limits, journal, index, storeFile, mailboxes: store });
  const sweep = clock.every(limits.sweepMs, () => {
    store.sweep(limits.mailboxIdleMs / limits.sweepMs, limits.maxLoadedBytes);
    checkpoint.consider();
  });
  return store;
}

export class FileStore extends Mailboxes implements Store {
  readonly #finish: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(
    backing: MailboxBackend,
    clock: Pick<Clock, 'now'>,
    fence: number,
    readonly epoch: string,
    finish: () => Promise<void>,
  ) {
    super(backing, clock, fence);
    this.#finish = finish;
  }

  close(): Promise<void> {
    this.stop(new StoreUnavailable('the store is closed'));
    this.#closed ??= this.#finish();
    return this.#closed;
  }
}
