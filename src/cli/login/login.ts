/** Everything a client needs before it connects: server, user, token and state folder, from flags, environment and profile. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { systemClock as clock } from '../../io/clock.js';
import type { TlsTrust } from '../../io/tls-connect.js';
import type { Output } from '../output/output.js';
import { findUser, issueToken } from './identity.js';
import type { ServerAddress } from './server-address.js';
import { resolveTarget, type Target } from './target.js';
import { readFirstLine, readTokenFile, tokenIn } from './token-input.js';
import { openTokenStore } from './token-store.js';

/** The flags that all commands which connect have in common (app/flags.ts). */
export interface LoginFlags {
  readonly url?: string | undefined;
  readonly data?: string | undefined;
  readonly ca?: string | undefined;
  readonly as?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'token-stdin'?: boolean;
}

interface ResolvedLogin {
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** Which certificates of the server to trust. */
  readonly tls: TlsTrust | undefined;
  /** Holds the outbox and inbox of this user on this server. */
  readonly stateFolder: string;
}

/** @throws Failure `credential-refused` when there is no token and none can be issued. */
export async function resolveLogin(flags: LoginFlags, output: Output): Promise<ResolvedLogin> {
  const target = await resolveTarget(flags);
  const { folders, profile, server } = target;
  const user = findUser(flags.as ?? profile.user);
  // Loaded only here: a user is added once, and `im send` has to start fast.
  const openAccounts = async (data: string, address: ServerAddress) =>
    (await import('../accounts/account-backend.js')).openOwnServerAccounts(data, address);
  const token =
    (await findToken(flags, target, user, output)) ??
    (await issueToken(user, server, { tokens: openTokenStore(folders.config), output, clock, openAccounts }));
  return { url: server.url, user, token, tls: server.tls, stateFolder: join(folders.state, server.key, user) };
}

/**
 * The token from the first source that is set: flags, environment, profile, the tokens stored here. Undefined when none is.
 * @throws Failure `credential-refused` when it cannot be read.
 */
export async function findToken(
  flags: LoginFlags,
  { profile, folders, server }: Pick<Target, 'profile' | 'folders' | 'server'>,
  user: string,
  output: Output,
  stdin: Readable = process.stdin,
): Promise<string | undefined> {
  const { as, 'token-file': file } = flags;
  if (flags['token-stdin'] || file === '-') return readFirstLine(stdin, 'standard input');
  if (file !== undefined) return readTokenFile(file, output);
  if (process.env.IM_TOKEN) return tokenIn(process.env.IM_TOKEN, 'IM_TOKEN');
  const isProfileUser = as === undefined || as === profile.user;
  if (isProfileUser && profile.tokenFile !== undefined) return readTokenFile(profile.tokenFile, output);
  return openTokenStore(folders.config).find(server.key, user);
}
