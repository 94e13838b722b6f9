/** Locks a folder that other processes hold only for a moment. */
import { acquireLock, type FolderLock, FolderLocked, type Holder } from '../../disk/lock.js';
import type { Clock } from '../../io/clock.js';
import { Failure } from '../errors/failure.js';

/** How often to try. */
const RETRY_MS = 20;

/** How long another command may use a data folder, and a server may need to start. */
const DATA_WAIT_MS = 10_000;

/**
 * Locks a data folder. Waits for another command, which is done soon, and for a server until it says where it listens: it
 * keeps the folder. @throws as `waitForLock`.
 */
export const lockDataFolder = (folder: string, clock: Clock): Promise<FolderLock> =>
  waitForLock({ folder, clock, waitMs: DATA_WAIT_MS, isBrief: (holder) => holder?.url === undefined });

/**
 * Runs `work`, which asks the server on a data folder, or locks the folder when there is none. Runs it again if a server has
 * started there in between, and `work` has failed because of its lock: before it changed anything.
 */
export async function againIfServed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const lock = error instanceof Failure ? error.cause : undefined;
    if (!(lock instanceof FolderLocked && lock.holder?.url !== undefined)) throw error;
    return work();
  }
}

interface WaitOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** How long to wait for other processes. */
  readonly waitMs: number;
  /** Whether it is worth waiting for this process. Default: for each. */
  readonly isBrief?: (holder: Holder | undefined) => boolean;
}

/** @throws FolderLocked when another process still holds it after the wait; system errors. */
export async function waitForLock({ folder, clock, waitMs, isBrief = () => true }: WaitOptions): Promise<FolderLock> {
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    try {
      return await acquireLock({ folder, clock });
    } catch (error) {
      if (!(error instanceof FolderLocked)) throw error;
      if (clock.monotonic() >= deadline || !isBrief(error.holder)) throw error;
    }
    await new Promise<void>((resolve) => {
      clock.after(RETRY_MS, resolve);
    });
  }
}
