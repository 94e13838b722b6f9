/** Purging messages behind one interface: through a running server, or in a data folder that no server uses. */
import { OPERATOR } from '../../accounts/accounts.js';
import { type Operator, type OperatorOptions, operate } from '../../client/api/operator-client.js';
import { openFileStore } from '../../file-store/store/file-store.js';
import { systemClock as clock } from '../../io/clock.js';
import { silentLog } from '../../io/log.js';
import { lockDataFolder } from '../accounts/wait-for-lock.js';
import { dataFailure } from '../errors/data-failure.js';
import { translateErrors } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';

export interface PurgeBackend {
  /** Resolves with the outcome for each seq, in order, when they are durable. */
  readonly purge: (user: string, seqs: readonly number[]) => ReturnType<Operator['purge']>;
  /** Records the run for `im inspect-queue --audit`. */
  readonly audit: (entry: Parameters<Operator['audit']>[0] & object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The methods throw Failure. */
export function openServerPurge(login: OperatorOptions): PurgeBackend {
  const operator = operate(login);
  const again = 'run it again: purged messages stay purged, and the export has all of them';
  const orFailure = <T>(work: () => Promise<T>) =>
    translateErrors((error) => operatorFailure(error, login, again), work);
  return {
    purge: (user, seqs) => orFailure(() => operator.purge({ user, seqs })),
    audit: (entry) => orFailure(() => operator.audit(entry)),
    close: () => operator.close(),
  };
}

/** Locks a data folder that no server uses. @param folder has a store. @throws Failure `data-unusable`, as its methods do. */
export async function openFolderPurge(folder: string): Promise<PurgeBackend> {
  const inFolder = <T>(work: () => Promise<T>) => translateErrors((error) => dataFailure(error, folder), work);
  const lock = await inFolder(() => lockDataFolder(folder, clock));
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
