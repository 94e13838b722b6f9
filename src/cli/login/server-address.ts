/** Which server a command talks to, and the name under which this account keeps tokens and state of that server. */
import { Failure } from '../errors/failure.js';

export interface ServerAddress {
  readonly url: string;
  /** Names the server in the config and state folders: a store by its epoch, another server by its host and port. */
  readonly key: string;
  /** The server's data folder, if the server runs now, on this machine, and this account may read the folder. */
  readonly data: string | undefined;
}

interface WantedServer {
  /** From `--url`, IM_URL or the profile. */
  readonly url: string | undefined;
  /** From `--data`, IM_DATA, the profile, or the usual place. */
  readonly data: string;
}

/** What a data folder tells. Everything is undefined when there is no store in it, or none that this account may read. */
export interface DataFolder {
  /** Where the server that holds the folder listens; undefined when none does. */
  readonly url: string | undefined;
  /** Where the last one listened. */
  readonly lastUrl: string | undefined;
  /** Names the life of the store. */
  readonly epoch: string | undefined;
}

/** Where `im serve` listens unless told otherwise. */
const DEFAULT_URL = 'ws://127.0.0.1:4690';

/**
 * `--url` if given; else where the server on the data folder listens, or listened when it last ran: a client can start
 * before it, and a restart is no failure; else the usual address.
 */
export function findServer(wanted: WantedServer, folder: DataFolder): ServerAddress {
  const { url, lastUrl, epoch } = folder;
  if (wanted.url !== undefined && wanted.url !== url)
    return { url: wanted.url, key: keyOfUrl(wanted.url), data: undefined };
  const key = epoch === undefined ? keyOfUrl(DEFAULT_URL) : `store-${epoch}`;
  return { url: url ?? lastUrl ?? DEFAULT_URL, key, data: url === undefined ? undefined : wanted.data };
}

/** `ws://127.0.0.1:4690` → `127.0.0.1_4690`; safe as the name of a folder. */
export function keyOfUrl(url: string): string {
  const { protocol, hostname, port, pathname } = parseUrl(url);
  const path = pathname === '/' ? '' : pathname;
  return `${hostname}_${port || (protocol === 'wss:' ? '443' : '80')}${path}`.replace(/[^a-z0-9._-]/gi, '-');
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return parsed;
  const next = 'write it like ws://127.0.0.1:4690 or wss://chat.example';
  throw new Failure('usage', `${url} is not the address of a server`, { next });
}
