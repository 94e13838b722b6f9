/** The accounts of a data folder that no server holds. */
import type { Accounts } from '../../accounts/accounts.js';
import { openAccounts, readAccounts } from '../../accounts/file-accounts.js';
import { FileMissing } from '../../disk/disk-errors.js';
import { acquireLock, type FolderLock } from '../../disk/lock.js';
import type { Clock } from '../../io/clock.js';
import { dataFailure } from '../errors/data-failure.js';
import type { AccountBackend } from './account-backend.js';

/**
 * The folder is locked, and made if it is not there, at the first change.
 * @throws Failure `data-unusable`.
 */
export function openFolderAccounts(folder: string, clock: Clock): AccountBackend {
  let lock: FolderLock | undefined;
  let opened: Accounts | undefined;
  const change = async <T>(make: (accounts: Accounts) => Promise<T>): Promise<T> => {
    try {
      lock ??= await acquireLock({ folder, clock });
      opened ??= await openAccounts({ folder, clock });
      return await make(opened);
    } catch (error) {
      throw dataFailure(error, folder);
    }
  };
  return {
    async list() {
      try {
        return await readAccounts(folder); // R19
      } catch (error) {
        if (error instanceof FileMissing) return [];
        throw dataFailure(error, folder);
      }
    },
    add: (users, role) => change((accounts) => accounts.add(users, role, clock.now())),
    remove: (users) => change((accounts) => accounts.remove(users)),
    rotate: (users) => change((accounts) => accounts.rotate(users)),
    close: async () => lock?.release(),
  };
}
