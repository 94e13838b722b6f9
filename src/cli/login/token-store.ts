/** Tokens stored for this account: one private file per server and user. */
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface TokenStore {
  /** Undefined when none is stored. */
  find(server: string, user: string): Promise<string | undefined>;
  /** Replaces an older token. The file is synced when it resolves. */
  save(server: string, user: string, token: string): Promise<void>;
  /** No error if none is stored. */
  remove(server: string, user: string): Promise<void>;
}

/** @param configFolder holds `tokens/SERVER/USER`, folders 0700, files 0600. SERVER is the key from `findServer`. */
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
    async save(server, user, token) {
      const path = pathOf(server, user);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replaceFile(path, `${token}\n`);
    },
    remove: (server, user) => rm(pathOf(server, user), { force: true }),
  };
}

/** Atomic: a crash leaves the old content or the new. Never readable by others. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  const file = await open(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
