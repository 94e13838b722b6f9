/**
 * The user name of a login, and tokens for it (R20). An account that can read the data folder of a running server is the
 * operator of that server: there a user is added, or gets a further token, at the first login. Everywhere else a login needs a
 * token.
 */
import { userInfo } from 'node:os';
import { isHere } from '../../io/loopback.js';
import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';
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
  /** Logs in as the operator of the server that runs on this data folder. */
  readonly openAccounts: (data: string, server: ServerAddress) => Promise<AccountBackend>;
}

/**
 * Makes a token on the server of this account, and keeps it; a user who does not exist is added. Of processes that begin together
 * one does it; the others wait, and get its token. One that is killed before it keeps the token leaves a token that nobody has.
 * @throws Failure `credential-refused` when the server is not this account's, or the user has too many tokens; `not-stored` when
 * there is no server; `data-unusable` when no token can be kept: then none is made.
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
      const { makeToken } = await import('./make-token.js'); // loaded only when needed
      const { token, name } = await makeToken(user, backend);
      await tokens.save(key, user, token);
      output.note(
        name === undefined
          ? safe`im: added ${inline(user)}; the token is kept for you`
          : safe`im: ${inline(user)} has a further token, ${inline(name)}; it is kept for you`,
      );
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
      next: `ask its operator for one: im user add ${user}, or im user token add ${user} if it exists; then give it: --token-file FILE`,
    });
  }
  const next = isHere(new URL(url).hostname) ? NEXT_STEP : 'does it run, and is the URL right? im doctor tells more';
  return new Failure('not-stored', `no server is reachable at ${url}`, { next });
}
