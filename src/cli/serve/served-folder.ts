/** A data folder that is being served: its lock, its mailboxes and its accounts, opened and let go of in order. */
import type { Accounts } from '../../accounts/accounts.js';
import { findExposed, openAccounts } from '../../accounts/file-accounts.js';
import { acquireLock, type FolderLock } from '../../disk/lock.js';
import { type FileStore, type FileStoreOptions, openFileStore } from '../../file-store/file-store.js';
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure } from '../errors/failure.js';
import { writeAddress } from '../login/data-folder.js';

interface ServedFolder {
  readonly store: FileStore;
  readonly accounts: Accounts;
  /** Leaves the address in the folder, so that commands of this account find it. */
  announce(url: string): Promise<void>;
  /** Resolves when the disk has failed: nothing can be promised any more (storage 3). */
  readonly broken: Promise<Failure>;
  /** Resolves when everything is on disk, as far as the disk allows, and another process may have the folder. */
  close(): Promise<void>;
}

interface ServedFolderOptions {
  readonly folder: string;
  readonly limits: FileStoreOptions['limits'];
  /** Told of each fdatasync of the journal, for the metrics. */
  readonly onCommit: NonNullable<FileStoreOptions['onCommit']>;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws Failure `data-unusable` when the folder is in use, damaged, of a newer format, or not writable. */
export async function openServedFolder({
  folder,
  limits = {},
  onCommit,
  clock,
  log,
}: ServedFolderOptions): Promise<ServedFolder> {
  let lock: FolderLock | undefined;
  try {
    lock = await acquireLock({ folder, clock });
    const accounts = await openAccounts({ folder, clock, log });
    for (const path of await findExposed(folder)) log.warn('readable-by-others', { path }); // R20
    let isBroken = false;
    let tell: (failure: Failure) => void = () => {};
    const broken = new Promise<Failure>((resolve) => {
      tell = resolve;
    });
    const onBroken = (cause: Error): void => {
      isBroken = true;
      tell(
        new Failure('data-unusable', `the disk under ${folder} failed`, { why: cause.message, next: NOT_LOST, cause }),
      );
    };
    const store = await openFileStore({ folder, limits, clock, log, onCommit, onBroken });
    const held = lock;
    return {
      store,
      accounts,
      announce: async (url) => {
        await held.announce(url);
        await writeAddress(folder, url);
      },
      broken,
      close: async () => {
        if (!isBroken) await store.close();
        await held.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw dataFailure(error, folder);
  }
}

const NOT_LOST = 'what was acknowledged is on disk; look at the disk before you start the server again';
