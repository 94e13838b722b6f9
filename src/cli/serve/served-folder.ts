/** Opens the data folder for `im serve`: lock, accounts and mailboxes, in this order; closes them in the reverse order. */
import { stat } from 'node:fs/promises';
import type { Accounts } from '../../accounts/accounts.js';
import { findExposed, openAccounts } from '../../accounts/file-accounts.js';
import type { FolderLock } from '../../disk/lock.js';
import { type FileStore, type FileStoreOptions, openFileStore } from '../../file-store/file-store.js';
import { ownUid } from '../../io/permissions.js';
import { type Prove, proofOf, randomSecret } from '../../io/server-proof.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure } from '../errors/failure.js';
import { refuseForeignFolder } from '../login/foreign-folder.js';
import { fromHere, writeAddress } from '../login/server-address.js';

interface ServedFolder {
  readonly store: FileStore;
  readonly accounts: Accounts;
  /**
   * Writes the address of the server into the folder, so that commands of this account find it, and the fingerprint of its
   * certificate, so that they recognise it.
   */
  announce(url: string, fingerprint: string | undefined): Promise<void>;
  /** Proves that this server is the one that was announced. */
  readonly prove: Prove;
  /** Resolves when the disk has failed: nothing can be made durable any more (storage 3). */
  readonly broken: Promise<Failure>;
  /** Resolves when everything is on disk (unless the disk has failed) and the lock is released. */
  close(): Promise<void>;
}

/** @throws Failure `data-unusable` when the folder is in use, damaged, of a newer format, or cannot be written. */
export async function openServedFolder(options: Omit<FileStoreOptions, 'onBroken'>): Promise<ServedFolder> {
  const { folder, clock, log } = options;
  let lock: FolderLock | undefined;
  try {
    await refuseForeignFolder(folder);
    lock = await lockDataFolder(folder, clock);
    const accounts = await openAccounts({ folder, clock, log });
    for (const path of await findExposed(folder)) log.warn('readable-by-others', { path }); // R20
    const { uid: owner } = await stat(folder);
    // Root may; but what root makes here, the owner cannot read.
    if (ownUid() === 0 && owner !== 0) log.warn('root in a folder of another account', { folder, owner });
    let isBroken = false;
    let reportBroken: (failure: Failure) => void = () => {};
    const broken = new Promise<Failure>((resolve) => {
      reportBroken = resolve;
    });
    const onBroken = (cause: Error): void => {
      isBroken = true;
      const why = cause.message;
      reportBroken(new Failure('data-unusable', `the disk of ${folder} failed`, { why, next: CHECK_DISK, cause }));
    };
    const store = await openFileStore({ ...options, onBroken });
    const held = lock;
    const watch = store.health.watch();
    const secret = randomSecret();
    let announced: string | undefined;
    return {
      store,
      accounts,
      announce: async (url, fingerprint) => {
        announced = fromHere(url);
        await held.announce(announced, { fingerprint, secret });
        await writeAddress(folder, announced);
      },
      prove: (nonce) => (announced === undefined ? undefined : proofOf(secret, nonce, announced)),
      broken,
      close: async () => {
        watch.cancel();
        if (!isBroken) {
          await accounts.saveUses();
          await store.close();
        }
        await held.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw dataFailure(error, folder);
  }
}

const CHECK_DISK = 'acknowledged messages are on disk; check the disk before you start the server again';
