/** What a data folder tells its owner: where the server listens that holds it, and which store it is. Never changes anything. */
import { realFiles } from '../io/files.js';
import { readLock } from '../storage/lock.js';
import { readStoreFile } from '../store/store-file.js';
import type { DataFolder } from './server-address.js';

/** A folder that is not there, not a store, or not for this account to read tells nothing. */
export async function readDataFolder(folder: string): Promise<DataFolder> {
  const [lock, store] = await Promise.allSettled([readLock(folder), readStoreFile(realFiles, folder)]);
  return {
    url: lock.status === 'fulfilled' ? lock.value?.url : undefined,
    epoch: store.status === 'fulfilled' ? store.value.epoch : undefined,
  };
}
