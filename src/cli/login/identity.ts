/**
 * The user name of a login, and tokens for new users (R20). An account that can read the data folder of a running server
 * is the operator of that server: there a user is added at the first login. Everywhere else a login needs a token.
 */
import { userInfo } from 'node:os';
import { AccountError, type IssuedAccount } from '../../accounts/accounts.js';
import { CLIENT } from '../../client/limits.js';
import type { Clock } from '../../io/clock.js';
import { isUserName, USER_NAME_RULE } from '../../protocol/field-types.js';
import { inline, safe } from '../../text/safe-text.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { Failure, NEXT_STEP } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { ServerAddress } from './server-address.js';
import type { TokenStore } from './token-store.js';

/** The given name, else that of the account on this machine. @throws Failure `usage` when it is no user name. */
export function findUser(given: string | undefined, accountName: () => string = () => userInfo().username): string {
  const user = given ?? accountName();
  if (isUserName(user)) return user;
  throw new Failure('usage', `${user} is not a valid user name`, {
    why: `a user name is ${USER_NAME_RULE}`,
    next: 'give yours: --as USER',
  });
}

interface IssuePorts {
  readonly tokens: TokenStore;
  readonly output: Output;
  readonly clock: Pick<Clock, 'now'>;
  /** Logs in as the operator of the server that runs on this data folder. */
  readonly openAccounts: (data: string, server: ServerAddress) => Promise<AccountBackend>;
}

/** How long after its mark a user can have been added by the process that set the mark. */
const MAX_ADDING_MS = CLIENT.connectTimeoutMs + CLIENT.requestTimeoutMs;

/**
 * Adds the user to the server of this account, and keeps the new token. Of processes that begin together one does it; the
 * others wait, and get its token.
 * @throws Failure `credential-refused` when the server is not this account's, or the user exists already; `not-stored` when there
 * is no server; `data-unusable` when no token can be kept: then no user is added.
 */
export async function issueToken(user: string, server: ServerAddress, ports: IssuePorts): Promise<string> {
  const { data, url, key } = server;
  if (data === undefined) throw await noToken(user, url);
  const { tokens, output, openAccounts } = ports;
  return tokens.exclusive(async () => {
    const kept = await tokens.find(key, user);
    if (kept !== undefined) return kept;
    const backend = await openAccounts(data, server);
    try {
      const token = await addUser(user, key, backend, ports);
      await tokens.save(key, user, token);
      output.note(safe`im: added ${inline(user)}; the token is kept for you`);
      return token;
    } finally {
      await backend.close();
    }
  });
}

/** Nobody else's server adds users by itself. */
async function noToken(user: string, url: string): Promise<Failure> {
  const { isReachable } = await import('./reachable.js'); // loaded only when needed
  if (await isReachable(url)) {
    return new Failure('credential-refused', `there is no token for ${user} at ${url}`, {
      next: `ask its operator for one: im user add ${user}; then give it: --token-file FILE`,
    });
  }
  const isHere = /^(localhost|127\.[\d.]+|\[::1?\]|0\.0\.0\.0)$/.test(new URL(url).hostname);
  const next = isHere ? NEXT_STEP : 'does it run, and is the URL right? im doctor tells more';
  return new Failure('not-stored', `no server is reachable at ${url}`, { next });
}

async function addUser(user: string, key: string, backend: AccountBackend, ports: IssuePorts): Promise<string> {
  const { tokens, clock } = ports;
  const begunAt = await tokens.addingSince(key, user);
  if (begunAt === undefined) await tokens.markAdding(key, user, clock.now());
  try {
    return tokenOf(await backend.add([user], 'user'), user);
  } catch (error) {
    if (!(error instanceof AccountError && error.reason === 'exists')) throw error;
    if (begunAt !== undefined && (await wasAddedSince(begunAt, user, backend))) {
      return tokenOf(await backend.rotate([user]), user);
    }
    await tokens.remove(key, user);
    throw new Failure('credential-refused', `${user} exists, but there is no token for ${user} here`, {
      why: 'a token is printed once, when it is made',
      next: `give it: --token-file FILE; or replace it: im user rotate ${user} --keep`,
      cause: error,
    });
  }
}

/** Whether the process that set the mark has added the user: then nobody has the token. Any other token is never replaced (R20). */
async function wasAddedSince(begunAt: number, user: string, backend: AccountBackend): Promise<boolean> {
  const account = (await backend.list()).find((candidate) => candidate.user === user);
  return account !== undefined && account.at >= begunAt && account.at <= begunAt + MAX_ADDING_MS;
}

function tokenOf([issued]: readonly IssuedAccount[], user: string): string {
  if (issued === undefined) throw new Error(`the server sent no token for ${user}`);
  return issued.token;
}
