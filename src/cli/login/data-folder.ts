/** Reads from a data folder where its server listens and which store it holds; writes the address for later commands. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readLock } from '../../disk/lock.js';
import { readStoreFile } from '../../file-store/store-file.js';
import { realFiles } from '../../io/files.js';
import type { DataFolder } from './server-address.js';

/** All fields are undefined for a folder that is missing, is no store, or cannot be read by this account. */
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

/** Saves the address of the server, so that commands find it while it restarts. */
export const writeAddress = (folder: string, url: string): Promise<void> =>
  writeFile(addressPath(folder), `${url}\n`, { mode: 0o600 });

const addressPath = (folder: string): string => join(folder, 'address');
