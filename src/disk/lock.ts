/**
 * The lock of a folder: one writer at a time (storage 11). The file `lock` is information only: it names the holder and
 * the url at which the holder listens.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { StorageError } from './disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from './json-file.js';

const LOCK_FORMAT = 1;

/** The process that holds a folder. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ms since 1970. */
  readonly since: number;
  /** Where it listens; set by `announce`. */
  readonly url?: string;
  /** With TLS: the fingerprint (SHA-256) of its certificate. */
  readonly fingerprint?: string | undefined;
  /** With which it proves that it holds the folder. */
  readonly secret?: string | undefined;
}

export interface FolderLock {
  /** Publishes the url at which this process listens, and how it is recognised there, for `readLock`. */
  announce(url: string, identity?: Pick<Holder, 'fingerprint' | 'secret'>): Promise<void>;
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
    super(`${folder} is in use by ${holder ? describe(holder) : 'another process'}`);
  }
}

function describe({ pid, host, since }: Holder): string {
  const where = host === hostname() ? '' : ` on ${host}`;
  return `process ${pid}${where} since ${new Date(since).toISOString()}`;
}

interface LockOptions {
  /** Created if it does not exist. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Pick<Clock, 'now'>;
}

/** Locks the folder for this process. The lock of a dead process is ignored. @throws FolderLocked; NotTrusted; system errors. */
export async function acquireLock({ folder, files = realFiles, clock }: LockOptions): Promise<FolderLock> {
  await files.makeFolder(folder);
  await files.claimFolder(folder);
  const held = await files.lock(folder);
  if (!held) {
    const holder = await readHolder(folder, files);
    throw new FolderLocked(folder, holder && { ...holder, secret: undefined }); // An error may be logged.
  }
  const file = { files, path: join(folder, 'lock'), format: LOCK_FORMAT };
  const holder: Holder = { pid: process.pid, host: hostname(), since: clock.now() };
  const publish = async (info: Holder): Promise<void> => {
    await writeJsonFile(file, info);
  };
  const release = async (): Promise<void> => {
    try {
      await removeIfThere(files, file.path);
    } finally {
      await held.release();
    }
  };
  try {
    await publish(holder);
  } catch (error) {
    await held.release();
    throw error;
  }
  return { announce: (url, identity) => publish({ ...holder, url, ...identity }), release };
}

/** Whether a file in a folder belongs to its lock, and not to what the lock protects. */
export const isLockFile = (name: string): boolean => /^lock(\.tmp|-\d+\.sock)?$/.test(name);

/** The living process that holds the folder; undefined if there is none. Takes no lock and changes nothing (R19). */
export async function readLock(folder: string, files: Files = realFiles): Promise<Holder | undefined> {
  const holder = await readHolder(folder, files);
  return holder && (await files.isLocked(folder)) ? holder : undefined;
}

async function readHolder(folder: string, files: Files): Promise<Holder | undefined> {
  try {
    return await readJsonFile<Holder>({ files, path: join(folder, 'lock'), format: LOCK_FORMAT });
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
