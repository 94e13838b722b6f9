/** Opens the state folder of a client: locks it, and keeps its state in a journal. */
import { errorCode } from '../../disk/disk-errors.js';
import { acquireLock, FolderLocked } from '../../disk/lock.js';
import { openStateJournal } from '../../disk/state-journal.js';
import { CLIENT } from '../limits.js';
import type { ClientPorts } from '../ports.js';
import {
  type ClientState,
  type ClientStateRecord,
  encodeRecord,
  StateFolderLocked,
  StateFolderUnusable,
} from './state-records.js';
import { StateReducer } from './state-reducer.js';

/**
 * Locks the folder and reads it. The returned state is on disk, whatever was only in the page cache before (storage 4).
 * @param folder created with mode 0700 if it does not exist.
 * @throws StateFolderLocked; StateFolderUnusable; StateFolderOfAnotherUser; Damaged, FileMissing, FileEmpty, NewerFormat: then nothing was repaired.
 */
export async function openState(
  folder: string,
  user: string,
  ports: Pick<ClientPorts, 'files' | 'clock' | 'log' | 'newId'>,
): Promise<ClientState> {
  try {
    return await open(folder, user, ports);
  } catch (error) {
    throw errorCode(error) === undefined ? error : new StateFolderUnusable(folder, error as NodeJS.ErrnoException);
  }
}

async function open(
  folder: string,
  user: string,
  { files, clock, log, newId }: Pick<ClientPorts, 'files' | 'clock' | 'log' | 'newId'>,
): Promise<ClientState> {
  const lock = await acquireLock({ folder, files, clock }).catch((error: unknown) => {
    if (!(error instanceof FolderLocked)) throw error;
    throw new StateFolderLocked(folder, error.holder ? `process ${error.holder.pid}` : 'another process');
  });
  try {
    const reducer = new StateReducer(folder, user, newId());
    const journal = await openStateJournal<ClientStateRecord>({
      folder,
      files,
      clock,
      log,
      limits: { rewriteBytes: CLIENT.rewriteBytes },
      encode: encodeRecord,
      apply: (record) => reducer.apply(record),
      onReplayed: () => reducer.countAttempt(),
      snapshot: () => reducer.snapshot(),
      onBroken: (error) => log.error('state folder broken', error, { folder }),
    });
    return {
      saved: reducer.saved(),
      append: (record) => journal.append(record),
      appendAll: (records) => journal.appendAll(records),
      async close() {
        try {
          await journal.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
