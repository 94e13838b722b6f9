/** Keeps a new store out of a folder that somebody uses for something else. */
import { readdir } from 'node:fs/promises';
import { errorCode } from '../../disk/disk-errors.js';
import { isLockFile } from '../../disk/lock.js';
import { Failure } from '../errors/failure.js';
import { findFolders } from './folders.js';

/** What a data folder consists of, and what an interrupted write of it leaves (`users.json.tmp`). */
const OURS = /^(store\.json|users\.json|operator\.token|journal|mailboxes|address)(\..+)?$/;
/** What file systems and desktops put into an empty folder, and what a killed `im doctor` leaves. */
const LEFTOVER = /^(\..*|lost\+found|doctor-.*\.tmp)$/;

/** Whether a folder with these entries has other files, and nothing of a store. */
export const isForeign = (names: readonly string[]): boolean =>
  !names.some((name) => OURS.test(name)) && names.some((name) => !isLockFile(name) && !LEFTOVER.test(name));

/**
 * For a folder that is about to get a store, if it has none. The default folder is im's own, whatever is in it: with
 * the same XDG folder for all, that is the profile too.
 * @throws Failure `data-unusable` for a folder that was named and is used for something else; system errors.
 */
export async function refuseForeignFolder(folder: string): Promise<void> {
  if (folder === findFolders(process.env).data || !isForeign(await namesIn(folder))) return;
  throw new Failure('data-unusable', `${folder} is not empty and has no store`, {
    why: 'nothing was changed',
    next: 'name another folder: --data DIR',
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
