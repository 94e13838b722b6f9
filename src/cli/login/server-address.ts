/** Finds the server that a command connects to, and the key under which its tokens and state are stored here. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerOptions } from '../../client/ports.js';
import { errorCode, FileMissing, StorageError } from '../../disk/disk-errors.js';
import { type Holder, readLock } from '../../disk/lock.js';
import { readStoreFile } from '../../file-store/files/store-file.js';
import { realFiles } from '../../io/files.js';
import { refuseUntrusted } from '../../io/permissions.js';
import type { ProofCheck } from '../../io/server-proof.js';
import { Failure } from '../errors/failure.js';

export interface ServerAddress extends ServerOptions {
  /** Name of the server's folder in the config and state folders: `store-ID` for a local store, else made from the URL. */
  readonly key: string;
  /** The data folder, if the server runs on it now and this account may read it; else undefined. */
  readonly data: string | undefined;
}

/** What a data folder contains about its server. */
export interface DataFolder {
  /** Where the server that runs on the folder listens; undefined when none runs. */
  readonly url: string | undefined;
  /** Where the last server listened. */
  readonly lastUrl: string | undefined;
  /** The fingerprint of that server's certificate; undefined without TLS. */
  readonly fingerprint?: string | undefined;
  /** With which that server proves that it is the one on the folder; undefined when none runs, or it is of an older version. */
  readonly secret?: string | undefined;
  /** Names the store: a new one when the store is created again, the same when it is restored. */
  readonly id: string | undefined;
  /** There is no `store.json`. */
  readonly hasNoStore?: boolean;
}

/** Where `im serve` listens by default. */
const DEFAULT_URL = 'ws://127.0.0.1:4690';

/**
 * The URL if given; else where the server on the data folder listens, or where it listened last (so that clients can wait
 * for a server that restarts); else the default address. @throws Failure `usage` for a URL that is not ws: or wss:.
 */
export function findServer(given: string | undefined, data: string, folder: DataFolder): ServerAddress {
  const { url, lastUrl, id } = folder;
  if (given !== undefined && (url === undefined || fromHere(given) !== url))
    return { url: given, key: keyOfUrl(given), data: undefined };
  const key = id === undefined ? keyOfUrl(DEFAULT_URL) : `store-${id}`;
  return { url: url ?? lastUrl ?? DEFAULT_URL, key, data: url === undefined ? undefined : data };
}

/**
 * Recognises the server on this data folder at this URL, which the folder named: while it does not run, another program may
 * listen there. A server that has restarted has another secret. One of an older version has none: it is recognised while it
 * holds the folder and listens at the URL, as it says there.
 * @param first what the folder contains now.
 */
export function provenBy(folder: string, url: string, first: string | undefined): ProofCheck {
  let secret = first;
  return async (knows) => {
    if (secret !== undefined && knows(secret)) return true;
    let holder: Holder | undefined;
    try {
      holder = await readLock(folder);
    } catch {
      return false; // The folder is gone or closed.
    }
    if (holder?.url !== url) return false;
    secret = holder.secret;
    return secret === undefined || knows(secret);
  };
}

/** `ws://127.0.0.1:4690` → `127.0.0.1_4690`: safe as a folder name. */
export function keyOfUrl(url: string): string {
  const { protocol, hostname, port, pathname } = parseUrl(url);
  const path = pathname === '/' ? '' : pathname;
  return `${hostname}_${port || (protocol === 'wss:' ? '443' : '80')}${path}`.replace(/[^a-z0-9._-]/gi, '-');
}

/** A server that listens on all addresses of its machine is reached there at the loopback address. */
export const fromHere = (url: string): string =>
  url.replace(/^(wss?:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, (_, scheme, host) =>
    host === '0.0.0.0' ? `${scheme}127.0.0.1` : `${scheme}[::1]`,
  );

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return parsed;
  const next = 'it looks like ws://127.0.0.1:4690 or wss://chat.example';
  throw new Failure('usage', `${url} is not the URL of a server`, { next });
}

/**
 * All fields are undefined for a folder that is missing, or is no store. @throws NotTrusted for one in which others could have
 * put the address to which a token is sent; system errors for one that cannot be read.
 */
export async function readDataFolder(folder: string): Promise<DataFolder> {
  const [lock, address, store] = await Promise.allSettled([
    readLock(folder),
    readFile(addressPath(folder), 'utf8'),
    readStoreFile(realFiles, folder),
  ]);
  for (const found of [lock, address, store]) {
    if (found.status === 'rejected' && isUnreadable(found.reason)) throw found.reason;
  }
  if ([lock, address, store].some((found) => found.status === 'fulfilled' && found.value !== undefined))
    await refuseUntrusted(folder);
  return {
    url: lock.status === 'fulfilled' ? lock.value?.url : undefined,
    fingerprint: lock.status === 'fulfilled' ? lock.value?.fingerprint : undefined,
    secret: lock.status === 'fulfilled' ? lock.value?.secret : undefined,
    lastUrl: address.status === 'fulfilled' ? address.value.trim() || undefined : undefined,
    id: store.status === 'fulfilled' ? (store.value.id ?? store.value.epoch) : undefined,
    hasNoStore:
      store.status === 'rejected' && (store.reason instanceof FileMissing || errorCode(store.reason) === 'ENOENT'),
  };
}

/** A missing or damaged file is not: what it would say is unknown. */
const isUnreadable = (error: unknown): boolean => !(error instanceof StorageError) && errorCode(error) !== 'ENOENT';

/** Saves the address of the server, so that commands find it while it restarts. */
export const writeAddress = (folder: string, url: string): Promise<void> =>
  writeFile(addressPath(folder), `${url}\n`, { mode: 0o600 });

const addressPath = (folder: string): string => join(folder, 'address');
