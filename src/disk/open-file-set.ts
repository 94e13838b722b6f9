/** A set of open files: their contents stay readable even if another process replaces or removes them. */
import type { Files, ReadableFile } from '../io/files.js';

/** Opens all of them, or rejects with the first error and holds none. */
export async function openFileSet(files: Pick<Files, 'open'>, paths: readonly string[]): Promise<OpenFileSet> {
  const opened = await Promise.allSettled(paths.map((path) => files.open(path)));
  const held = new OpenFileSet(
    new Map(opened.flatMap((one, index) => (one.status === 'fulfilled' ? [[paths[index] as string, one.value]] : []))),
  );
  const failed = opened.find((one) => one.status === 'rejected');
  if (!failed) return held;
  await held.close();
  throw failed.reason;
}

/** Opens the held files by their paths; every other path is ENOENT. */
export class OpenFileSet implements Pick<Files, 'open'> {
  constructor(private readonly files: ReadonlyMap<string, ReadableFile>) {}

  /** Closing the returned file does nothing: `close` of the set closes all. */
  async open(path: string): Promise<ReadableFile> {
    const file = this.#find(path);
    return {
      read: (position, length) => file.read(position, length),
      size: () => file.size(),
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => file.close()));
  }

  #find(path: string): ReadableFile {
    const file = this.files.get(path);
    if (file) return file;
    throw Object.assign(new Error(`ENOENT: ${path} is not part of this set`), { code: 'ENOENT' });
  }
}
