/** Who, where, and with what token: everything that a client has to know before it connects. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Output } from '../output/output.js';
import { findToken, findUser } from './identity.js';
import { locate, type Place } from './target.js';
import { readGivenToken } from './token-input.js';
import { openKeptTokens } from './token-store.js';

/** The flags that say it; see flags.ts. */
export interface EntryFlags {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  readonly as?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'token-stdin'?: boolean;
}

export interface Entry {
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** For this user's outbox and inbox on this server. */
  readonly stateFolder: string;
}

/** @throws Failure `credential-refused` when there is no token, and none can be made. */
export async function enter(flags: EntryFlags, stdin: Readable, output: Output): Promise<Entry> {
  const place = await locate(flags);
  const { folders, profile, server } = place;
  const user = findUser(flags.as ?? profile.user);
  // Needed once for each user: not loaded by every `im send`.
  const openDesk = async (data: string, url: string) =>
    (await import('../accounts/server-accounts.js')).openOwnDesk(data, url);
  const kept = openKeptTokens(folders.config);
  const given = await givenToken(flags, place, stdin, output);
  const token = given ?? (await findToken(user, server, { kept, output, openDesk }));
  return { url: server.url, user, token, stateFolder: join(folders.state, server.key, user) };
}

/** The token that the command line, the environment or the profile gives. */
export function givenToken(
  flags: EntryFlags,
  { profile }: Place,
  stdin: Readable,
  output: Output,
): Promise<string | undefined> {
  const isUsualUser = flags.as === undefined || flags.as === profile.user;
  const sources = {
    stdin: flags['token-stdin'] ? stdin : undefined,
    file: flags['token-file'],
    environment: process.env.IM_TOKEN,
    usualFile: isUsualUser ? profile.tokenFile : undefined,
  };
  return readGivenToken(sources, output);
}
