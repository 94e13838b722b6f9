/** The store in a data folder: wires journal, mailboxes and checkpoints. The caller holds the lock (storage 11). */
import { join } from 'node:path';
import { isTemporary } from '../../disk/disk-errors.js';
import { Journal } from '../../disk/journal.js';
import type { JournalEnd } from '../../disk/journal-recovery.js';
import { JOURNAL } from '../../disk/limits.js';
import type { Clock } from '../../io/clock.js';
import { type Files, realFiles } from '../../io/files.js';
import type { Log } from '../../io/log.js';
import type { Bounds } from '../../protocol/limits.js';
import { MAILBOX } from '../../store/limits.js';
import { type Store, StoreBroken } from '../../store/store.js';
import { Checkpoint } from '../checkpoint/checkpoint.js';
import { mailboxUser } from '../files/mailbox-file.js';
import { firstFenceOf, type StoreFile } from '../files/store-file.js';
import { FILE_STORE } from '../limits.js';
import type { MailboxLimits } from '../mailbox/mailbox.js';
import { MailboxCache } from '../memory/mailbox-cache.js';
import { MailboxLoader } from '../memory/mailbox-loader.js';
import { type AllUndelivered, UndeliveredCounts } from '../memory/undelivered.js';
import { WaitingSenders } from '../memory/waiting-senders.js';
import { MailboxStore } from './mailbox-store.js';
import { openStoreFolder } from './open-store-folder.js';
import { StoreHealth } from './store-health.js';

export interface FileStoreOptions {
  /** The data folder. Created if it does not exist. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Clock;
  readonly log: Log;
  /** Limits of a mailbox that differ from MAILBOX. */
  readonly limits?: Partial<MailboxLimits>;
  /** Limits of the files that differ from JOURNAL and FILE_STORE. */
  readonly storage?: Partial<Bounds<typeof FILE_STORE & typeof JOURNAL>>;
  /** Called after each batch of the journal: how many records it had, and how long write and fdatasync took. */
  readonly onCommit?: (records: number, ms: number) => void;
  /** Called once, when the disk has failed: the process has to end, with an exit code that is not zero (storage 3). */
  readonly onBroken?: (error: StoreBroken) => void;
}

export interface FileStore extends Store {
  /** The mailboxes in memory. */
  readonly mailboxes: MailboxCache;
  readonly health: StoreHealth;
  /** The undelivered messages of all mailboxes. The first call starts to count those whose numbers are not known, one by one. */
  undelivered(): AllUndelivered;
}

/**
 * Opens the store. When it resolves, the journal that an earlier process left is verified and durable (storage 4).
 * @throws Damaged, FileMissing, FileEmpty, NewerFormat, CannotWrite.
 */
export async function openFileStore(options: FileStoreOptions): Promise<FileStore> {
  const { folder, files = realFiles, clock, log, onBroken, onCommit } = options;
  const limits = { ...JOURNAL, ...FILE_STORE, ...options.storage };
  const { storeFile, active, older, index, manifest } = await openStoreFolder({ files, folder, clock, log });
  const { epoch } = storeFile.document;

  const journal = new Journal(active, {
    files,
    folder: join(folder, 'journal'),
    clock,
    limits,
    onBatch(records, ms) {
      onCommit?.(records, ms);
      health.written();
      checkpoint.runIfDue();
    },
    onBroken(cause) {
      const error = new StoreBroken(cause.message, { cause });
      store.stop(error);
      sweep.cancel();
      log.error('store-broken', error, { folder });
      onBroken?.(error);
    },
    onFull: (isFull, cause) => health.full(isFull, cause),
  });
  const health = new StoreHealth({ files, folder, clock, log, waitingSince: () => journal.waitingSince });
  const loader = new MailboxLoader(
    { files, folder, epoch, clock, limits: { ...MAILBOX, ...options.limits }, index, manifest },
    log,
  );
  const changed = new Set(index.users);
  const counts = new UndeliveredCounts(manifest.mailboxes, changed);
  const senders = new WaitingSenders(manifest.mailboxes, changed);
  const mailboxes = new MailboxCache(
    (user) => loader.load(user),
    (user, { segment, position, sizes }) => index.add(segment, user, position, sizes),
    [counts, senders],
  );
  let isCounting = false;
  let isClosing = false;
  const countUnknown = async (): Promise<void> => {
    isCounting = true;
    for (const user of counts.unknown) {
      if (isClosing) return;
      const read = mailboxes.peek(user, () => undefined);
      await read.catch((error: unknown) => log.debug('mailbox-not-counted', { user, reason: String(error) }));
    }
  };
  const checkpoint = new Checkpoint({
    files,
    folder,
    clock,
    log,
    limits,
    journal,
    older,
    index,
    manifest,
    storeFile,
    mailboxes,
  });
  let sweeping: Iterator<void> | undefined;
  const goOn = (): void => {
    if (sweeping?.next().done) sweeping = undefined;
    else clock.defer(goOn);
  };
  const sweep = clock.every(limits.sweepMs, () => {
    checkpoint.runIfDue();
    if (sweeping) return;
    sweeping = mailboxes.sweepInSteps(limits.mailboxIdleMs / limits.sweepMs, limits.maxLoadedBytes, {
      idleSweeps: limits.mailboxIdleSoonMs / limits.sweepMs,
      maxBytes: limits.idleLoadedBytes,
    });
    goOn();
  });
  const store = new MailboxStore(
    mailboxes,
    {
      epoch,
      firstFence: firstFenceOf(storeFile.document),
      async users() {
        const names = await files.list(join(folder, 'mailboxes'));
        return new Set([...names.flatMap((name) => mailboxUser(name) ?? []), ...manifest.users, ...index.users]);
      },
      senders,
      hasMailbox: (user) => manifest.get(user) !== undefined || index.has(user),
      append: (records, listener) => journal.append(records, listener),
      async close() {
        isClosing = true;
        sweep.cancel();
        await mailboxes.idle();
        await journal.flush();
        await checkpoint.finish();
        await journal.close();
        if (!journal.isBroken) await recordCleanStop(storeFile, journal.end, log);
      },
    },
    clock,
  );
  const undelivered = (): AllUndelivered => {
    if (!isCounting) void countUnknown();
    return counts.all(mailboxes.all);
  };
  return Object.assign(store, { health, undelivered });
}

/** Without it the next start takes the stop for a crash. */
async function recordCleanStop(storeFile: StoreFile, cleanEnd: JournalEnd, log: Log): Promise<void> {
  try {
    await storeFile.change(() => ({ cleanEnd }));
  } catch (error) {
    if (!isTemporary(error)) throw error;
    log.warn('clean-stop-not-recorded', { reason: String(error) });
  }
}
