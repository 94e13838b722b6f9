/**
 * One writer per folder (storage 11). On Linux the kernel keeps the lock: an abstract socket, gone when its process is gone,
 * however it died. Elsewhere files are the lock. Everywhere the file `lock` says who holds it, and where it can be reached.
 */
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { errorCode } from './disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from './json-file.js';
import { type HeldLock, holdLockFile, isUnreadable } from './lock-fallback.js';
import { type Identify, identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';

const LOCK_FORMAT = 1;

/** Who holds a folder. */
export interface Holder extends ProcessIdentity {
  readonly host: string;
  /** ms since 1970. */
  readonly since: number;
  /** Where it listens, once it does. */
  readonly url?: string;
}

export interface FolderLock {
  /** Tells others, who look with `readLock`, where this process listens. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
}

/** Somebody else writes to this folder. */
export class FolderLocked extends Error {
  override readonly name = 'FolderLocked';
  constructor(
    readonly folder: string,
    /** Undefined in the moment between taking the lock and saying so. */
    readonly holder: Holder | undefined,
  ) {
    const who = holder ? `process ${holder.pid} since ${new Date(holder.since).toISOString()}` : 'another process';
    super(`${folder} is in use by ${who}`);
  }
}

interface LockOptions {
  /** It is made if it is not there. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether the kernel has abstract sockets: Linux. */
  readonly abstractSockets?: boolean;
  readonly identify?: Identify;
}

/** Takes the folder for this process. @throws FolderLocked. A lock that a dead process left is no obstacle. */
export async function acquireLock(options: LockOptions): Promise<FolderLock> {
  const { folder, files = realFiles, clock, identify = identifyProcess } = options;
  const { abstractSockets = process.platform === 'linux' } = options;
  await files.makeFolder(folder);
  const self = (await identify(process.pid)) ?? { pid: process.pid };
  const hold = abstractSockets
    ? await holdSocket(await files.identify(folder))
    : await holdLockFile(files, folder, self, identify);
  if (!hold) throw new FolderLocked(folder, await readLock(folder, files, identify));
  const file = { files, path: join(folder, 'lock'), format: LOCK_FORMAT };
  const holder: Holder = { ...self, host: hostname(), since: clock.now() };
  const say = async (words: Holder): Promise<void> => {
    await writeJsonFile(file, words);
  };
  const release = async (): Promise<void> => {
    try {
      await removeIfThere(files, file.path);
    } finally {
      await hold.release();
    }
  };
  try {
    await say(holder);
  } catch (error) {
    await hold.release();
    throw error;
  }
  return { announce: (url) => say({ ...holder, url }), release };
}

/** Who holds the folder now; undefined if nobody does, or nobody who still lives. Takes no lock and changes nothing. */
export async function readLock(
  folder: string,
  files: Files = realFiles,
  identify: Identify = identifyProcess,
): Promise<Holder | undefined> {
  try {
    const holder = await readJsonFile<Holder>({ files, path: join(folder, 'lock'), format: LOCK_FORMAT });
    return (await isAlive(holder, identify)) ? holder : undefined;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Undefined when somebody has it. The name is made from what the folder is, not from how it is called. */
async function holdSocket(identity: string): Promise<HeldLock | undefined> {
  const server = createServer((stranger) => stranger.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: `\0im-lock-${identity}`, exclusive: true }, resolve);
    });
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
