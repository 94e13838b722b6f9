/** Everything a client needs before it connects: server, user, token and state folder, from flags, environment and profile. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ServerOptions } from '../../client/ports.js';
import { isClearText } from '../../io/loopback.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { chatPlace } from './device.js';
import { findUser, issueToken } from './identity.js';
import type { ServerAddress } from './server-address.js';
import { requireStore, resolveTarget, type Target } from './target.js';
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
  readonly insecure?: boolean;
}

interface ResolvedLogin extends ServerOptions {
  readonly user: string;
  readonly token: string;
  /** The data folder, if the server is one of this account. */
  readonly data: string | undefined;
  /** The device of the chat on this machine, and the folder of its outbox and inbox. See `commandDevice` for others. */
  readonly device: string;
  readonly stateFolder: string;
}

/** How a command adds the user of its login, if that is a new one. */
interface AddingOptions {
  /** Called before the user is added. When it rejects, no user is added: the command has found nothing to do. */
  readonly beforeAdding?: (user: string) => Promise<void>;
  /** How to give the command another user. Default: `--as USER`. */
  readonly asUser?: (user: string) => string;
}

/**
 * @throws Failure `credential-refused` when there is no token and none can be issued, or when a new user has nearly the name
 * of another one, and nobody can be asked.
 */
export async function resolveLogin(
  flags: LoginFlags,
  output: Output,
  { beforeAdding, asUser = (user) => `--as ${user}` }: AddingOptions = {},
): Promise<ResolvedLogin> {
  const target = await resolveTarget(flags);
  requireStore(target);
  const { folders, profile, server } = target;
  const connection = serverOf(target, flags);
  const named = findUser(flags.as ?? profile.user);
  const tokens = openTokenStore(folders.config);
  let user = named;
  let found = await findToken(flags, target, user, output);
  if (found === undefined && server.data !== undefined) {
    const { confirmNewUser, knownUsers } = await import('./new-user.js');
    const known = await knownUsers(server.data);
    const terminal = process.stdin.isTTY && output.showsProgress ? process.stdin : undefined;
    user = await confirmNewUser(named, known, { output, terminal, asUser });
    if (user !== named) found = await tokens.find(server.key, user);
    else if (!known.includes(user)) await beforeAdding?.(user);
  }
  // Loaded only here: a user is added once, and `im send` has to start fast.
  const openAccounts = async (data: string, address: ServerAddress) =>
    (await import('../accounts/account-backend.js')).openOwnServerAccounts(data, serverOf({ server: address }, flags));
  const token = found ?? (await issueToken(user, server, { tokens, output, openAccounts }));
  return { ...connection, user, token, data: server.data, ...(await chatOf(target, user)) };
}

/** The chat of this user on this machine. */
export const chatOf = ({ folders, profile, server }: Pick<Target, 'folders' | 'profile' | 'server'>, user: string) =>
  chatPlace(profile, join(folders.state, server.key, user));

/**
 * The server as a client needs it: every login of a command comes through here. A server that was found in the data folder
 * proves itself, so that its address stays on this machine.
 * @throws Failure `usage` when the token would be sent unencrypted to another machine, and `--insecure` is missing.
 */
export function serverOf(
  { server: { url, tls, proof } }: Pick<Target, 'server'>,
  { insecure = false }: Pick<LoginFlags, 'insecure'>,
): ServerOptions {
  if (insecure || proof !== undefined || !isClearText(url)) return { url, tls, proof, insecure: true }; // it was checked here
  const { hostname } = new URL(url);
  throw new Failure('usage', `${hostname} is another machine, and the token would be sent there unencrypted`, {
    why: `${url} is without TLS: who reads the network traffic could log in as you`,
    next: 'use wss://; or a tunnel (ssh -L) and --url ws://127.0.0.1:PORT; or --insecure, if something else encrypts the connection',
  });
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
