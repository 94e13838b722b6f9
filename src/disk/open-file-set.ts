/** Files that are held open: whoever replaces or removes them meanwhile does not reach what is read here. Nothing is changed. */
import type { Files, ReadableFile } from '../io/files.js';

/** Opens them all. Rejects, and holds none, when one cannot be opened. */
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

/** Reads what is held as if it were still there by its name; there is nothing else. */
export class OpenFileSet implements Pick<Files, 'open'> {
  constructor(private readonly files: ReadonlyMap<string, ReadableFile>) {}

  /** Closing what this returns lets go of nothing. */
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
    throw Object.assign(new Error(`ENOENT: ${path} is not held`), { code: 'ENOENT' });
  }
}
