/** The port to the file system: one small interface, so that tests can drop, tear, delay and fail each call (storage 16). */
import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** A file open for appending. Every method may fail with a NodeJS.ErrnoException. */
export interface OpenFile {
  /** Writes at the file's end; returns how many bytes were taken, which may be fewer than given. */
  write(bytes: Uint8Array): Promise<number>;
  /** fdatasync: when it resolves, what was written is on disk. */
  datasync(): Promise<void>;
  /** fsync: data and all metadata. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** A file open for reading. Never changes anything. */
export interface ReadableFile {
  /** Up to `length` bytes from `position`: fewer only at the file's end. */
  read(position: number, length: number): Promise<Buffer>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Files {
  /** Opens for appending. `new`: fails with EEXIST if it is there; created with mode 0600. */
  append(path: string, options?: { readonly new?: boolean }): Promise<OpenFile>;
  /** Opens for reading. ENOENT if it is not there. */
  open(path: string): Promise<ReadableFile>;
  /** The whole file. ENOENT if it is not there. Never changes anything. */
  read(path: string): Promise<Buffer>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file, in one step: EEXIST if `to` is there. */
  link(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** With all parents, mode 0700. Durable when it resolves. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder. ENOENT if it is not there. */
  list(path: string): Promise<string[]>;
  /** fsync of a folder: makes new, renamed and removed names durable (storage 5). */
  syncFolder(path: string): Promise<void>;
  /** Which folder this really is, whatever it is called: the same text for every path that leads to it. */
  identify(path: string): Promise<string>;
}

type Done = (error: NodeJS.ErrnoException | null) => void;

/** The journal writes thousands of times a second: a callback costs a fifth of what a FileHandle costs. */
const settle = (begin: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => begin((error) => (error === null ? resolve() : reject(error))));

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

async function syncFolder(path: string): Promise<void> {
  const handle = await promises.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const { O_WRONLY, O_CREAT, O_APPEND, O_EXCL, COPYFILE_EXCL } = fs.constants;

/** The real file system. */
export const realFiles: Files = {
  async append(path, options) {
    const descriptor = await openDescriptor(path, O_WRONLY | O_CREAT | O_APPEND | (options?.new ? O_EXCL : 0));
    return {
      write: (bytes) =>
        new Promise((resolve, reject) =>
          fs.write(descriptor, bytes, (error, written) => (error === null ? resolve(written) : reject(error))),
        ),
      datasync: () => settle((done) => fs.fdatasync(descriptor, done)),
      sync: () => settle((done) => fs.fsync(descriptor, done)),
      truncate: (bytes) => settle((done) => fs.ftruncate(descriptor, bytes, done)),
      size: () => sizeOf(descriptor),
      close: () => settle((done) => fs.close(descriptor, done)),
    };
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
      close: () => settle((done) => fs.close(descriptor, done)),
    };
  },
  read: (path) => promises.readFile(path),
  rename: (from, to) => promises.rename(from, to),
  link: (from, to) => promises.link(from, to),
  copy: (from, to) => promises.copyFile(from, to, COPYFILE_EXCL),
  remove: (path) => promises.unlink(path),
  async makeFolder(path) {
    const last = resolve(path);
    const first = await promises.mkdir(last, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    // A folder's name is durable when the folder around it is synced (storage 5): from the innermost new one outwards.
    for (let made = last; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  },
  list: (path) => promises.readdir(path),
  syncFolder,
  async identify(path) {
    const { dev, ino } = await promises.stat(path);
    return `${dev}-${ino}`;
  },
};
