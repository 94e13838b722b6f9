/** A file system that reads the real one, and only pretends to write: tells what a start would meet, and changes nothing. */
import type { Files, OpenFile } from './files.js';

export function dryFiles(files: Files): Files {
  return {
    ...files,
    append: async () => dryFile(),
    rewrite: async () => dryFile(),
    rename: async () => undefined,
    remove: async () => undefined,
    makeFolder: async () => undefined,
    syncFolder: async () => undefined,
    /** A folder that would have been made is empty. */
    list: async (path) => {
      try {
        return await files.list(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    lock: async () => ({ release: async () => undefined }),
  };
}

/** Counts what it is given, since writers check the size of their files. */
function dryFile(): OpenFile {
  let size = 0;
  return {
    async write(bytes) {
      size += bytes.length;
      return bytes.length;
    },
    datasync: async () => undefined,
    sync: async () => undefined,
    truncate: async () => undefined,
    size: async () => size,
    close: async () => undefined,
  };
}
