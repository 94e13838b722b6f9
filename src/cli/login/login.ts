/** Who, where, and with what token: everything that a client has to know before it connects. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Output } from '../output/output.js';
import { findToken, findUser } from './identity.js';
import { resolveTarget, type Target } from './target.js';
import { readTokenInput } from './token-input.js';
import { openTokenStore } from './token-store.js';

/** The flags that say it; see flags.ts. */
export interface LoginFlags {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  readonly as?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'token-stdin'?: boolean;
}

interface ResolvedLogin {
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** For this user's outbox and inbox on this server. */
  readonly stateFolder: string;
}

/** @throws Failure `credential-refused` when there is no token, and none can be made. */
export async function resolveLogin(flags: LoginFlags, stdin: Readable, output: Output): Promise<ResolvedLogin> {
  const place = await resolveTarget(flags);
  const { folders, profile, server } = place;
  const user = findUser(flags.as ?? profile.user);
  // Needed once for each user: not loaded by every `im send`.
  const openAccounts = async (data: string, url: string) =>
    (await import('../accounts/server-accounts.js')).openOwnServerAccounts(data, url);
  const kept = openTokenStore(folders.config);
  const given = await readToken(flags, place, stdin, output);
  const token = given ?? (await findToken(user, server, { kept, output, openAccounts }));
  return { url: server.url, user, token, stateFolder: join(folders.state, server.key, user) };
}

/** The token that the command line, the environment or the profile gives. */
export function readToken(
  flags: LoginFlags,
  { profile }: Target,
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
  return readTokenInput(sources, output);
}
