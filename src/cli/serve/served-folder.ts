/** Opens the data folder for `im serve`: lock, accounts and mailboxes, in this order; closes them in the reverse order. */
import { stat } from 'node:fs/promises';
import { findExposed, openAccounts } from '../../accounts/file-accounts.js';
import type { FolderLock } from '../../disk/lock.js';
import { type FileStoreOptions, openFileStore } from '../../file-store/store/file-store.js';
import { ownUid } from '../../io/permissions.js';
import { proofOf, randomSecret } from '../../io/server-proof.js';
import { localBus } from '../../server/session-bus.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure } from '../errors/failure.js';
import { refuseForeignFolder } from '../login/foreign-folder.js';
import { fromHere, writeAddress } from '../login/server-address.js';
import type { Served } from './served.js';

/** @throws Failure `data-unusable` when the folder is in use, damaged, of a newer format, or cannot be written. */
export async function openServedFolder(options: Omit<FileStoreOptions, 'onBroken'>): Promise<Served> {
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
      bus: localBus(),
      place: { data: folder },
      whyNot: () => store.health.whyNot(),
      undelivered: async () => store.undelivered(),
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
