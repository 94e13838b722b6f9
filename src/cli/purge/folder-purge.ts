/** Purges in a folder that no server holds: it is locked, opened as a server does, and let go of. */
import { OPERATOR } from '../../accounts/operator-token.js';
import { acquireLock } from '../../disk/lock.js';
import { openFileStore } from '../../file-store/file-store.js';
import type { Clock } from '../../io/clock.js';
import { silentLog } from '../../io/log.js';
import { dataFailure } from '../errors/data-failure.js';
import type { PurgeBackend } from './purge-backend.js';

/** The folder has to have a store. @throws Failure `data-unusable`. */
export async function openFolderPurge(folder: string, clock: Clock): Promise<PurgeBackend> {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw dataFailure(error, folder);
    }
  };
  const lock = await guarded(() => acquireLock({ folder, clock }));
  try {
    const store = await guarded(() => openFileStore({ folder, clock, log: silentLog }));
    return {
      purge: (user, seqs) => guarded(async () => (await store.purge(user, seqs, clock.now())).outcomes),
      audit: (entry) => guarded(() => store.audit({ ...entry, by: OPERATOR, at: clock.now() })),
      async close() {
        await guarded(() => store.close());
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
