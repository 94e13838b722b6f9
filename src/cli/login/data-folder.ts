/** What a data folder tells its owner: where the server listens that holds it, and which store it is. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLock } from '../../disk/lock.js';
import { readStoreFile } from '../../file-store/store-file.js';
import { realFiles } from '../../io/files.js';
import type { DataFolder } from './server-address.js';

/** A folder that is not there, not a store, or not for this account to read tells nothing. */
export async function readDataFolder(folder: string): Promise<DataFolder> {
  const [lock, address, store] = await Promise.allSettled([
    readLock(folder),
    readFile(addressPath(folder), 'utf8'),
    readStoreFile(realFiles, folder),
  ]);
  return {
    url: lock.status === 'fulfilled' ? lock.value?.url : undefined,
    lastUrl: address.status === 'fulfilled' ? address.value.trim() || undefined : undefined,
    epoch: store.status === 'fulfilled' ? store.value.epoch : undefined,
  };
}

/** Remembers where the server of this folder listens, for commands that are run while it restarts. */
export const writeAddress = (folder: string, url: string): Promise<void> =>
  writeFile(addressPath(folder), `${url}\n`, { mode: 0o600 });

const addressPath = (folder: string): string => join(folder, 'address');
