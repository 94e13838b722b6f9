/** Holds a data folder as another process does, and tells when somebody wants it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

interface HeldFolder {
  /** Resolves when another process has found the folder locked. */
  readonly asked: Promise<unknown>;
  readonly release: () => Promise<unknown>;
}

/** @param folder exists. */
export async function holdFolder(folder: string): Promise<HeldFolder> {
  const holder = createServer((connection) => connection.destroy()).listen(join(folder, 'lock-1.sock'));
  await once(holder, 'listening');
  return { asked: once(holder, 'connection'), release: () => new Promise((resolve) => holder.close(resolve)) };
}
