/** The tokens that this account keeps: one file each, per server and user, for nobody else to read. */
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface TokenStore {
  /** Undefined when none is kept. */
  find(server: string, user: string): Promise<string | undefined>;
  /** Durable when it resolves. Replaces an older one. */
  keep(server: string, user: string, token: string): Promise<void>;
  forget(server: string, user: string): Promise<void>;
}

/** @param configFolder holds `tokens/SERVER/USER`, folders 0700, files 0600. Names of servers are made by `findServer`. */
export function openTokenStore(configFolder: string): TokenStore {
  const pathOf = (server: string, user: string): string => join(configFolder, 'tokens', server, user);
  return {
    async find(server, user) {
      try {
        return (await readFile(pathOf(server, user), 'utf8')).trim() || undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async keep(server, user, token) {
      const path = pathOf(server, user);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replaceFile(path, `${token}\n`);
    },
    forget: (server, user) => rm(pathOf(server, user), { force: true }),
  };
}

/** The old content or the new, never half of it; never readable by others. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  const file = await open(
    draft,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
