/** Finds the server that a command connects to, and the key under which its tokens and state are stored here. */
import { Failure } from '../errors/failure.js';

export interface ServerAddress {
  readonly url: string;
  /** Name of the server's folder in the config and state folders: `store-EPOCH` for a local store, else made from the URL. */
  readonly key: string;
  /** The data folder, if the server runs on it now and this account may read it; else undefined. */
  readonly data: string | undefined;
}

interface WantedServer {
  /** From `--url`, IM_URL or the profile. */
  readonly url: string | undefined;
  /** From `--data`, IM_DATA, the profile, or the default. */
  readonly data: string;
}

/** What a data folder contains about its server. All fields are undefined when this account can read no store in it. */
export interface DataFolder {
  /** Where the server that runs on the folder listens; undefined when none runs. */
  readonly url: string | undefined;
  /** Where the last server listened. */
  readonly lastUrl: string | undefined;
  /** Identity of the store: a new one when the store is created again. */
  readonly epoch: string | undefined;
}

/** Where `im serve` listens by default. */
const DEFAULT_URL = 'ws://127.0.0.1:4690';

/**
 * `--url` if given; else where the server on the data folder listens, or where it listened last (so that clients can wait
 * for a server that restarts); else the default address. @throws Failure `usage` for a URL that is not ws: or wss:.
 */
export function findServer(wanted: WantedServer, folder: DataFolder): ServerAddress {
  const { url, lastUrl, epoch } = folder;
  if (wanted.url !== undefined && wanted.url !== url)
    return { url: wanted.url, key: keyOfUrl(wanted.url), data: undefined };
  const key = epoch === undefined ? keyOfUrl(DEFAULT_URL) : `store-${epoch}`;
  return { url: url ?? lastUrl ?? DEFAULT_URL, key, data: url === undefined ? undefined : wanted.data };
}

/** `ws://127.0.0.1:4690` → `127.0.0.1_4690`: safe as a folder name. */
export function keyOfUrl(url: string): string {
  const { protocol, hostname, port, pathname } = parseUrl(url);
  const path = pathname === '/' ? '' : pathname;
  return `${hostname}_${port || (protocol === 'wss:' ? '443' : '80')}${path}`.replace(/[^a-z0-9._-]/gi, '-');
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return parsed;
  const next = 'it looks like ws://127.0.0.1:4690 or wss://chat.example';
  throw new Failure('usage', `${url} is not the URL of a server`, { next });
}
