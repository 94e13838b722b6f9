/** Resolves which folders, which profile and which server a command uses. */
import { toAbsolute } from '../input/typed-path.js';
import { type Folders, findFolders } from './folders.js';
import { type Profile, readProfile } from './profile.js';
import { findServer, readDataFolder, type ServerAddress } from './server-address.js';

export interface Target {
  readonly folders: Folders;
  readonly profile: Profile;
  /** The local data folder, whether a server runs on it or not. */
  readonly data: string;
  readonly server: ServerAddress;
  /** A URL is set, and it is not that of the server on `data`: then `data` has nothing to do with the server. */
  readonly isElsewhere: boolean;
}

/** Flags come before the environment (oclif merges the two), the environment before the profile, the profile before defaults. */
export async function resolveTarget(flags: {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
}): Promise<Target> {
  const folders = findFolders(process.env);
  const profile = await readProfile(folders.config);
  const data = toAbsolute(flags.data ?? profile.data ?? folders.data);
  // With --data the URL of the profile does not count: it may be that of another server.
  const url = flags.url ?? (flags.data === undefined ? profile.url : undefined);
  const server = findServer(url, data, await readDataFolder(data));
  return { folders, profile, data, server, isElsewhere: url !== undefined && server.data === undefined };
}
