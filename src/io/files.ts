/** The file system as a small interface, so that tests can drop, tear, delay and fail each call (storage 16). */
import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type HeldLock, isFolderLocked, lockFolder } from './folder-lock.js';
import { claimFolder } from './permissions.js';

/** A file open for writing. Every method may fail with a NodeJS.ErrnoException. */
export interface OpenFile {
  /** Writes the next bytes. Resolves with the number of bytes written, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>;
  /** fdatasync: when it resolves, all written bytes are on disk. */
  datasync(): Promise<void>;
  /** fsync: data and all metadata. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A file open for reading. */
export interface ReadableFile {
  /** Reads `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface FileIdentity {
  readonly id: string;
  readonly size: number;
}

export interface Files {
  /** Opens for appending; creates the file with mode 0600. `new`: fails with EEXIST if the file exists. */
  append(path: string, options?: { readonly new?: boolean }): Promise<OpenFile>;
  /** Opens for writing over the bytes from `position` on. ENOENT if the file does not exist. */
  rewrite(path: string, position: number): Promise<OpenFile>;
  /** Opens for reading. ENOENT if the file does not exist. */
  open(path: string): Promise<ReadableFile>;
  /** Reads the whole file. ENOENT if it does not exist. */
  read(path: string): Promise<Buffer>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Creates a folder and its missing parents with mode 0700. Durable when it resolves. */
  makeFolder(path: string): Promise<void>;
  /** Refuses a folder into which other accounts could have put anything. @throws NotTrusted */
  claimFolder(path: string): Promise<void>;
  /** The names in a folder. ENOENT if it does not exist. */
  list(path: string): Promise<string[]>;
  /** fsync of a folder: makes created, renamed and removed names in it durable (storage 5). */
  syncFolder(path: string): Promise<void>;
  /**
   * The identity of a file (device and inode): the same string for every path that leads to it, and its size in bytes;
   * undefined if there is none.
   * Synchronous: looking up a path that is in use takes 2 µs, and handing it to another thread several times that.
   */
  identify(path: string): FileIdentity | undefined;
  /** Locks a folder until this process ends. Undefined when another process holds the lock. */
  lock(folder: string): Promise<HeldLock | undefined>;
  /** Whether a process holds the lock. Changes nothing. */
  isLocked(folder: string): Promise<boolean>;
}

type Callback = (error: NodeJS.ErrnoException | null) => void;

/** A callback costs a fifth of a FileHandle, and the journal writes thousands of times a second. */
const promisify = (start: (done: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));

const openDescriptor = (path: string, flags: number | string): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.open(path, flags, 0o600, (error, descriptor) => (error === null ? resolve(descriptor) : reject(error))),
  );

const sizeOf = (descriptor: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.fstat(descriptor, (error, stats) => (error === null ? resolve(stats.size) : reject(error))),
  );

const readAt = (descriptor: number, into: Buffer, offset: number, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    fs.read(descriptor, into, offset, into.length - offset, position, (error, count) =>
      error === null ? resolve(count) : reject(error),
    ),
  );

/** False if there is nothing. @throws an error with the code ENOTDIR if it is something else. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await promises.stat(path)).isDirectory()) return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR', path });
}

async function syncFolder(path: string): Promise<void> {
  const handle = await promises.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const { O_WRONLY, O_CREAT, O_APPEND, O_EXCL } = fs.constants;

/** @param position of the next write; null if the file was opened for appending. */
function openFile(descriptor: number, position: number | null): OpenFile {
  let next = position;
  return {
    write: (bytes) =>
      new Promise((resolve, reject) =>
        fs.write(descriptor, bytes, 0, bytes.length, next, (error, written) => {
          if (next !== null) next += written;
          if (error === null) resolve(written);
          else reject(error);
        }),
      ),
    datasync: () => promisify((done) => fs.fdatasync(descriptor, done)),
    sync: () => promisify((done) => fs.fsync(descriptor, done)),
    truncate: (bytes) => promisify((done) => fs.ftruncate(descriptor, bytes, done)),
    size: () => sizeOf(descriptor),
    close: () => promisify((done) => fs.close(descriptor, done)),
  };
}

/** The real file system. */
export const realFiles: Files = {
  async append(path, options) {
    const flags = O_WRONLY | O_CREAT | O_APPEND | (options?.new ? O_EXCL : 0);
    return openFile(await openDescriptor(path, flags), null);
  },
  async rewrite(path, position) {
    return openFile(await openDescriptor(path, O_WRONLY), position);
  },
  async open(path) {
    const descriptor = await openDescriptor(path, 'r');
    return {
      async read(position, length) {
        const bytes = Buffer.allocUnsafe(length);
        let filled = 0;
        while (filled < length) {
          const count = await readAt(descriptor, bytes, filled, position + filled);
          if (count === 0) break;
          filled += count;
        }
        return bytes.subarray(0, filled);
      },
      size: () => sizeOf(descriptor),
      close: async () => fs.closeSync(descriptor), // nothing is written back: 1 µs, and in a thread 5
    };
  },
  read: (path) => promises.readFile(path),
  rename: (from, to) => promises.rename(from, to),
  remove: (path) => promises.unlink(path),
  async makeFolder(path) {
    // Not mkdir with `recursive`: on a read-only file system Node reports another error, and below /proc it never ends.
    const missing: string[] = [];
    for (let folder = resolve(path); !(await isFolder(folder)); folder = dirname(folder)) missing.push(folder);
    for (const folder of missing.reverse()) {
      try {
        await promises.mkdir(folder, 0o700);
      } catch (error) {
        const isMadeMeanwhile = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(folder));
        if (!isMadeMeanwhile) throw error;
      }
    }
    // A new folder is durable when its parent is synced (storage 5).
    for (const folder of missing.reverse()) await syncFolder(dirname(folder));
  },
  claimFolder,
  list: (path) => promises.readdir(path),
  syncFolder,
  identify: (path) => {
    const found = fs.statSync(path, { throwIfNoEntry: false });
    return found && { id: `${found.dev}-${found.ino}`, size: found.size };
  },
  lock: (folder) => lockFolder(folder),
  isLocked: (folder) => isFolderLocked(folder),
};
