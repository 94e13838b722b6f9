/** Tokens kept for this account: one private file per server and user. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeTokenFile } from '../../accounts/token-file.js';
import { errorCode } from '../../disk/disk-errors.js';
import { removeIfThere } from '../../disk/json-file.js';
import { FolderLocked } from '../../disk/lock.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import { waitForLock } from '../accounts/wait-for-lock.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';

/** All methods throw Failure `data-unusable` when the folder cannot be used. Changes are durable when they resolve. */
export interface TokenStore {
  /** Undefined when none is kept. */
  find(server: string, user: string): Promise<string | undefined>;
  /** Replaces an older token. */
  save(server: string, user: string, token: string): Promise<void>;
  /** No error if none is kept. */
  remove(server: string, user: string): Promise<void>;
  /** Runs `work` alone: every change is made in it, so that processes that start together do not issue a token each. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** How long another process may take to add a user: longer than an operator's request and its connection. */
const WAIT_MS = 30_000;

/** What older versions kept in place of a token while they added its user. */
const MARK = /^adding since \d{1,15}$/;

/** @param configFolder holds `tokens/SERVER/USER`, folders 0700, files 0600. SERVER is the key from `findServer`. */
export function openTokenStore(configFolder: string): TokenStore {
  const folder = join(configFolder, 'tokens');
  const pathOf = (server: string, user: string): string => join(folder, server, user);
  const inFolder = <T>(work: () => Promise<T>): Promise<T> => translateErrors(explain, work);

  const read = (server: string, user: string): Promise<string | undefined> =>
    inFolder(async () => {
      try {
        return (await readFile(pathOf(server, user), 'utf8')).trim() || undefined;
      } catch (error) {
        if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
        throw error;
      }
    });
  const write = (server: string, user: string, text: string): Promise<void> =>
    inFolder(async () => {
      const path = pathOf(server, user);
      await files.makeFolder(dirname(path));
      await writeTokenFile(files, path, text, join(folder, '.new'));
    });

  return {
    async find(server, user) {
      const text = await read(server, user);
      return text === undefined || MARK.test(text) ? undefined : text;
    },
    save: write,
    remove: (server, user) =>
      inFolder(async () => {
        const path = pathOf(server, user);
        if ((await read(server, user)) === undefined) return;
        await removeIfThere(files, path);
        await files.syncFolder(dirname(path));
      }),
    async exclusive(work) {
      const lock = await translateErrors(explainLock, () => waitForLock({ folder, clock, waitMs: WAIT_MS }));
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
  };

  function explain(error: unknown): unknown {
    return isRefusal(error) ? refusedFolder(error, folder, 'config') : error;
  }

  function explainLock(error: unknown): unknown {
    if (!(error instanceof FolderLocked)) return explain(error);
    const next = 'end that process and try again';
    return new Failure('data-unusable', error.message, { next, cause: error });
  }
}
