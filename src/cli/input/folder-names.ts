/** The names in a folder that may not be there. */
import { readdir } from 'node:fs/promises';
import { errorCode } from '../../disk/disk-errors.js';

/** Sorted. Empty for a folder that is missing or unreadable. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
