/** The port to the file system: one small interface, so that tests can drop, tear, delay and fail each call (storage 16). */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';

/** An open file. Every method may fail with a NodeJS.ErrnoException. */
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

export interface Files {
  /** Opens for appending. `new`: fails with EEXIST if it is there; created with mode 0600. */
  append(path: string, options?: { readonly new?: boolean }): Promise<OpenFile>;
  /** The whole file. ENOENT if it is not there. Never changes anything. */
  read(path: string): Promise<Buffer>;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** With all parents, mode 0700. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder. ENOENT if it is not there. */
  list(path: string): Promise<string[]>;
  /** fsync of a folder: makes new, renamed and removed names durable (storage 5). */
  syncFolder(path: string): Promise<void>;
}

/** The real file system. */
export const realFiles: Files = {
  async append(path, options) {
    const exclusive = options?.new ? constants.O_EXCL : 0;
    const handle = await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | exclusive, 0o600);
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      datasync: () => handle.datasync(),
      sync: () => handle.sync(),
      truncate: (bytes) => handle.truncate(bytes),
      size: async () => (await handle.stat()).size,
      close: () => handle.close(),
    };
  },
  read: (path) => fs.readFile(path),
  rename: (from, to) => fs.rename(from, to),
  copy: (from, to) => fs.copyFile(from, to, constants.COPYFILE_EXCL),
  remove: (path) => fs.unlink(path),
  makeFolder: async (path) => {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => fs.readdir(path),
  async syncFolder(path) {
    const handle = await fs.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
