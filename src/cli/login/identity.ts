/**
 * Identity without ceremony, and without a hole (R20). Whoever can read the data folder of a running server is its operator,
 * so there a user is added when it is first needed. Anywhere else a token is needed.
 */
import { userInfo } from 'node:os';
import { AccountError } from '../../accounts/accounts.js';
import { isUserName } from '../../protocol/field-types.js';
import { inline, safe } from '../../text/safe-text.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { ServerAddress } from './server-address.js';
import type { TokenStore } from './token-store.js';

/** Who one is: as said, else by the name of one's account on this machine. */
export function findUser(said: string | undefined, accountName: () => string = () => userInfo().username): string {
  const user = said ?? accountName();
  if (isUserName(user)) return user;
  throw new Failure('usage', `${user} cannot be the name of a user`, {
    why: 'a name is 1 to 32 of a-z 0-9 . _ - and begins with a letter or a digit',
    next: 'say who you are: --as USER',
  });
}

interface TokenPorts {
  readonly kept: TokenStore;
  readonly output: Output;
  /** Becomes the operator of the server that runs on this folder. */
  readonly openAccounts: (data: string, url: string) => Promise<AccountBackend>;
}

/**
 * The token that is kept for this user on this server, or that of the user who is added here and now.
 * @throws Failure `credential-refused` when there is none.
 */
export async function findToken(user: string, server: ServerAddress, ports: TokenPorts): Promise<string> {
  const kept = await ports.kept.find(server.key, user);
  if (kept !== undefined) return kept;
  const { data, url, key } = server;
  if (data === undefined) {
    throw new Failure('credential-refused', `there is no token for ${user} at ${url}`, {
      why: 'no server of yours runs on this machine, so none can be made',
      next: 'start one: im serve; or give the token that its operator made: --token-file FILE',
    });
  }
  const token = await addUser(user, await ports.openAccounts(data, url));
  await ports.kept.keep(key, user, token);
  ports.output.note(safe`im: added ${inline(user)}; the token is kept for you`);
  return token;
}

async function addUser(user: string, backend: AccountBackend): Promise<string> {
  try {
    const [issued] = await backend.add([user], 'user');
    if (issued === undefined) throw new Error(`no token came for ${user}`);
    return issued.token;
  } catch (error) {
    if (!(error instanceof AccountError && error.reason === 'exists')) throw error;
    throw new Failure('credential-refused', `there is no token for ${user} here, though the user exists`, {
      why: 'it was printed once, when it was made',
      next: `give it: --token-file FILE; or make a new one, which ends the old: im user rotate ${user} --keep`,
      cause: error,
    });
  } finally {
    await backend.close();
  }
}
