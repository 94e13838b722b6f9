/** Purges messages in a data folder without a server: locks it, and opens the store as a server does. */
import { OPERATOR } from '../../accounts/operator-token.js';
import { acquireLock } from '../../disk/lock.js';
import { openFileStore } from '../../file-store/file-store.js';
import type { Clock } from '../../io/clock.js';
import { silentLog } from '../../io/log.js';
import { dataFailure } from '../errors/data-failure.js';
import { translateErrors } from '../errors/failure.js';
import type { PurgeBackend } from './purge-backend.js';

/** @param folder one that has a store. @throws Failure `data-unusable`, and so do the methods. */
export async function openFolderPurge(folder: string, clock: Clock): Promise<PurgeBackend> {
  const inFolder = <T>(work: () => Promise<T>) => translateErrors((error) => dataFailure(error, folder), work);
  const lock = await inFolder(() => acquireLock({ folder, clock }));
  try {
    const store = await inFolder(() => openFileStore({ folder, clock, log: silentLog }));
    return {
      purge: (user, seqs) => inFolder(async () => (await store.purge(user, seqs, clock.now())).outcomes),
      audit: (entry) => inFolder(() => store.audit({ ...entry, by: OPERATOR, at: clock.now() })),
      async close() {
        await inFolder(() => store.close());
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
