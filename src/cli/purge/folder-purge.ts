/** Purges messages in a data folder without a server: locks it, and opens the store as a server does. */
import { OPERATOR } from '../../accounts/operator-token.js';
import { acquireLock } from '../../disk/lock.js';
import { openFileStore } from '../../file-store/file-store.js';
import type { Clock } from '../../io/clock.js';
import { silentLog } from '../../io/log.js';
import { dataFailure } from '../errors/data-failure.js';
import type { PurgeBackend } from './purge-backend.js';

/** @param folder one that has a store. @throws Failure `data-unusable`, and so do the methods. */
export async function openFolderPurge(folder: string, clock: Clock): Promise<PurgeBackend> {
  const orFailure = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw dataFailure(error, folder);
    }
  };
  const lock = await orFailure(() => acquireLock({ folder, clock }));
  try {
    const store = await orFailure(() => openFileStore({ folder, clock, log: silentLog }));
    return {
      purge: (user, seqs) => orFailure(async () => (await store.purge(user, seqs, clock.now())).outcomes),
      audit: (entry) => orFailure(() => store.audit({ ...entry, by: OPERATOR, at: clock.now() })),
      async close() {
        await orFailure(() => store.close());
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
