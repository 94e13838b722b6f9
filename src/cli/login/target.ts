/** Resolves which folders, which profile and which server a command uses. */
import { stat } from 'node:fs/promises';
import { errorCode } from '../../disk/disk-errors.js';
import { NotTrusted } from '../../io/permissions.js';
import { Failure, NEXT_STEP } from '../errors/failure.js';
import { toAbsolute } from '../input/typed-path.js';
import { type Folders, findFolders } from './folders.js';
import { type Profile, readProfile } from './profile.js';
import { type DataFolder, findServer, provenBy, readDataFolder, type ServerAddress } from './server-address.js';

export interface Target {
  readonly folders: Folders;
  readonly profile: Profile;
  /** The local data folder, whether a server runs on it or not. */
  readonly data: string;
  readonly server: ServerAddress;
  /** A URL is set, and it is not that of the server on `data`: then `data` has nothing to do with the server. */
  readonly isElsewhere: boolean;
  /** `data` was named to say which server is meant, but has no store: see `requireStore`. */
  readonly lacksStore: boolean;
}

interface TargetFlags {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  readonly ca?: string | undefined;
}

/**
 * Flags come before the environment (oclif merges the two), the environment before the profile, the profile before defaults.
 * @param onUnreadable called instead of the failure for a data folder that cannot be read: it counts as missing then.
 * @throws Failure `data-unusable` for a data folder that cannot be read, and without which another server would be asked.
 */
export async function resolveTarget(
  flags: TargetFlags,
  onUnreadable: (failure: Failure) => void = throwIt,
): Promise<Target> {
  const folders = findFolders(process.env);
  const profile = await readProfile(folders.config);
  const given = flags.data ?? profile.data;
  const data = toAbsolute(given ?? folders.data);
  // With --data the URL of the profile does not count: it may be that of another server.
  const url = flags.url ?? (flags.data === undefined ? profile.url : undefined);
  const found = await readDataFolder(data).catch(async (error: Error): Promise<DataFolder> => {
    // A URL says which server. And in a container the home is often that of root: what is not even seen counts as missing.
    if (url === undefined && (given !== undefined || (await isSeen(data)))) onUnreadable(unreadable(data, error));
    return NOTHING;
  });
  const server = findServer(url, data, found);
  const isElsewhere = url !== undefined && server.data === undefined;
  const isNamed = given !== undefined && data !== folders.data;
  const lacksStore = isNamed && url === undefined && server.data === undefined && found.hasNoStore === true;
  const isFound = !isElsewhere && (found.url ?? found.lastUrl) !== undefined;
  // With TLS the fingerprint of the certificate does that.
  const proof =
    isFound && server.url.startsWith('ws:') ? { proof: provenBy(data, server.url, found.secret) } : undefined;
  const target = { folders, profile, data, server: { ...server, ...proof }, isElsewhere, lacksStore };
  const ca = flags.ca ?? profile.ca;
  const isOwn = !isElsewhere && server.url.startsWith('wss:');
  if (ca === undefined && !isOwn) return target;
  // Loaded only here: most servers of an account need no TLS.
  const { pinOf, readCertificates } = await import('./tls-trust.js');
  const tls = {
    ca: ca === undefined ? undefined : await readCertificates(toAbsolute(ca)),
    // --ca trusts that file and nothing else: so one can try a certificate before others get it.
    isPinned: isOwn && flags.ca === undefined ? pinOf(data, found.fingerprint) : undefined,
  };
  return { ...target, server: { ...target.server, tls } };
}

/** Whether a server has to be asked, and not the data folder: it is elsewhere, or runs on the folder, and is its only writer. */
export const isServed = ({ isElsewhere, server }: Target): boolean => isElsewhere || server.data !== undefined;

/** @throws Failure `data-unusable` when the data folder was named, but has no store: otherwise another server would be asked. */
export function requireStore({ lacksStore, data, folders }: Target): void {
  if (lacksStore) throw noStore(data, folders);
}

/** @param cause the error that was met, if there was one. */
export function noStore(folder: string, { data }: Pick<Folders, 'data'>, cause?: unknown): Failure {
  const missing = `there is no store in ${folder}`;
  const isNamed = folder !== data;
  const what = isNamed ? missing : `no server has run here yet: ${missing}`;
  const next = isNamed ? 'name the right folder: --data DIR; im serve --data DIR makes one' : NEXT_STEP;
  return new Failure('data-unusable', what, { next, cause });
}

const NOTHING: DataFolder = { url: undefined, lastUrl: undefined, id: undefined };

function throwIt(failure: Failure): never {
  throw failure;
}

const isSeen = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const unreadable = (folder: string, cause: Error): Failure =>
  new Failure('data-unusable', `${folder} ${cause instanceof NotTrusted ? 'is not trusted' : 'cannot be read'}`, {
    why: cause.message,
    next: `${errorCode(cause) === 'EACCES' ? 'run im as the account that owns it' : 'repair it'}, or use another folder: --data DIR`,
    cause,
  });
