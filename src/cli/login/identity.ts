/**
 * The user name of a login, and tokens for new users (R20). An account that can read the data folder of a running server
 * is the operator of that server: there a user is added at the first login. Everywhere else a login needs a token.
 */
import { userInfo } from 'node:os';
import { AccountError } from '../../accounts/accounts.js';
import { isUserName, USER_NAME_RULE } from '../../protocol/field-types.js';
import { inline, safe } from '../../text/safe-text.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { Failure } from '../errors/failure.js';
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
  readonly openAccounts: (data: string, url: string) => Promise<AccountBackend>;
}

/**
 * Adds the user to the server of this account, and stores the new token.
 * @throws Failure `credential-refused` when the server is not this account's, or the user exists already.
 */
export async function issueToken(user: string, server: ServerAddress, ports: IssuePorts): Promise<string> {
  const { data, url, key } = server;
  if (data === undefined) {
    throw new Failure('credential-refused', `there is no token for ${user} at ${url}`, {
      why: 'no server of yours runs on this machine, so none can be made',
      next: 'start one: im serve; or ask the operator of that server for a token: --token-file FILE',
    });
  }
  const token = await addUser(user, await ports.openAccounts(data, url));
  await ports.tokens.save(key, user, token);
  ports.output.note(safe`im: added ${inline(user)}; the token is kept for you`);
  return token;
}

async function addUser(user: string, backend: AccountBackend): Promise<string> {
  try {
    const [issued] = await backend.add([user], 'user');
    if (issued === undefined) throw new Error(`the server sent no token for ${user}`);
    return issued.token;
  } catch (error) {
    if (!(error instanceof AccountError && error.reason === 'exists')) throw error;
    throw new Failure('credential-refused', `${user} exists, but there is no token for ${user} here`, {
      why: 'a token is printed once, when it is made',
      next: `give it: --token-file FILE; or replace it: im user rotate ${user} --keep`,
      cause: error,
    });
  } finally {
    await backend.close();
  }
}
