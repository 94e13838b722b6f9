/** Everything a client needs before it connects: server, user, token and state folder, from flags, environment and profile. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Output } from '../output/output.js';
import { findUser, issueToken } from './identity.js';
import { resolveTarget, type Target } from './target.js';
import { readTokenInput } from './token-input.js';
import { openTokenStore } from './token-store.js';

/** The flags that all commands which connect have in common (app/flags.ts). */
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
  /** Holds the outbox and inbox of this user on this server. */
  readonly stateFolder: string;
}

/** @throws Failure `credential-refused` when there is no token and none can be issued. */
export async function resolveLogin(flags: LoginFlags, stdin: Readable, output: Output): Promise<ResolvedLogin> {
  const target = await resolveTarget(flags);
  const { folders, profile, server } = target;
  const user = findUser(flags.as ?? profile.user);
  // Loaded only here: a user is added once, and `im send` has to start fast.
  const openAccounts = async (data: string, url: string) =>
    (await import('../accounts/account-backend.js')).openOwnServerAccounts(data, url);
  const token =
    (await findToken(flags, target, user, stdin, output)) ??
    (await issueToken(user, server, { tokens: openTokenStore(folders.config), output, openAccounts }));
  return { url: server.url, user, token, stateFolder: join(folders.state, server.key, user) };
}

/** The token given by flags, environment or profile, else the stored one; undefined when there is neither. */
export async function findToken(
  flags: LoginFlags,
  { profile, folders, server }: Pick<Target, 'profile' | 'folders' | 'server'>,
  user: string,
  stdin: Readable,
  output: Output,
): Promise<string | undefined> {
  const isProfileUser = flags.as === undefined || flags.as === profile.user;
  const sources = {
    stdin: flags['token-stdin'] ? stdin : undefined,
    file: flags['token-file'],
    environment: process.env.IM_TOKEN,
    profileFile: isProfileUser ? profile.tokenFile : undefined,
  };
  return (await readTokenInput(sources, output)) ?? openTokenStore(folders.config).find(server.key, user);
}
