/** Which folders, which profile and which server a command line is about. */
import { resolve } from 'node:path';
import { readDataFolder } from './data-folder.js';
import { type Folders, findFolders } from './folders.js';
import { type Profile, readProfile } from './profile.js';
import { findServer, type ServerAddress } from './server-address.js';

export interface Target {
  readonly folders: Folders;
  readonly profile: Profile;
  /** The data folder that is meant, whether a server holds it or not. */
  readonly data: string;
  readonly server: ServerAddress;
  /** Whether a URL was asked for: then the data folder says nothing about the server, unless they belong together. */
  readonly isElsewhere: boolean;
}

/** Flags before environment (oclif reads it into them), environment before profile, profile before what is usual. */
export async function resolveTarget(flags: {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
}): Promise<Target> {
  const folders = findFolders(process.env);
  const profile = await readProfile(folders.config);
  const data = resolve(flags.data ?? profile.data ?? folders.data);
  // A folder that is asked for is meant, whatever server is the usual one.
  const url = flags.url ?? (flags.data === undefined ? profile.url : undefined);
  const server = findServer({ url, data }, await readDataFolder(data));
  return { folders, profile, data, server, isElsewhere: url !== undefined && server.data === undefined };
}
