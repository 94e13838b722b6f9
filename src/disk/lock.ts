/**
 * The lock of a folder: one writer at a time (storage 11). On Linux it is an abstract socket, which the kernel frees
 * when its process ends in any way; elsewhere it is made of files (lock-fallback.ts). The file `lock` is information
 * only: it names the holder and the url at which the holder listens.
 */
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { errorCode, StorageError } from './disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from './json-file.js';
import { acquireLockFile, type HeldLock } from './lock-fallback.js';
import { type Identify, identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';

const LOCK_FORMAT = 1;

/** The process that holds a folder. */
export interface Holder extends ProcessIdentity {
  readonly host: string;
  /** ms since 1970. */
  readonly since: number;
  /** Where it listens; set by `announce`. */
  readonly url?: string;
}

export interface FolderLock {
  /** Publishes the url at which this process listens, for `readLock`. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
}

/** Another process holds the lock of the folder. */
export class FolderLocked extends Error {
  override readonly name = 'FolderLocked';
  constructor(
    readonly folder: string,
    /** Undefined if the other process has not written the file `lock` yet. */
    readonly holder: Holder | undefined,
  ) {
    const who = holder ? `process ${holder.pid} since ${new Date(holder.since).toISOString()}` : 'another process';
    super(`${folder} is in use by ${who}`);
  }
}

interface LockOptions {
  /** Created if it does not exist. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether to use an abstract socket; default: on Linux. */
  readonly abstractSockets?: boolean;
  readonly identify?: Identify;
}

/** Locks the folder for this process. The lock of a dead process is ignored. @throws FolderLocked; system errors. */
export async function acquireLock(options: LockOptions): Promise<FolderLock> {
  const { folder, files = realFiles, clock, identify = identifyProcess } = options;
  const { abstractSockets = process.platform === 'linux' } = options;
  await files.makeFolder(folder);
  const self = (await identify(process.pid)) ?? { pid: process.pid };
  const hold = abstractSockets
    ? await acquireSocket(await files.identify(folder))
    : await acquireLockFile(files, folder, self, identify);
  if (!hold) throw new FolderLocked(folder, await readLock(folder, files, identify));
  const file = { files, path: join(folder, 'lock'), format: LOCK_FORMAT };
  const holder: Holder = { ...self, host: hostname(), since: clock.now() };
  const publish = async (info: Holder): Promise<void> => {
    await writeJsonFile(file, info);
  };
  const release = async (): Promise<void> => {
    try {
      await removeIfThere(files, file.path);
    } finally {
      await hold.release();
    }
  };
  try {
    await publish(holder);
  } catch (error) {
    await hold.release();
    throw error;
  }
  return { announce: (url) => publish({ ...holder, url }), release };
}

/** The living process that holds the folder; undefined if there is none. Takes no lock and changes nothing (R19). */
export async function readLock(
  folder: string,
  files: Files = realFiles,
  identify: Identify = identifyProcess,
): Promise<Holder | undefined> {
  try {
    const holder = await readJsonFile<Holder>({ files, path: join(folder, 'lock'), format: LOCK_FORMAT });
    return (await isAlive(holder, identify)) ? holder : undefined;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/**
 * Undefined when another process holds it.
 * @param identity of the folder itself, the same for every path that leads to it.
 */
async function acquireSocket(identity: string): Promise<HeldLock | undefined> {
  const server = createServer((connection) => connection.destroy());
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
