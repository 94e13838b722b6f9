/** Shared by the `im user` commands: finds the accounts, and prints and stores the tokens that are issued. */
import { AccountError, type IssuedAccount } from '../../accounts/accounts.js';
import { systemClock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import { type AccountBackend, openFolderAccounts, openServerAccounts } from '../accounts/account-backend.js';
import { Failure } from '../errors/failure.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { resolveTarget } from '../login/target.js';
import { openTokenStore, type TokenStore } from '../login/token-store.js';
import type { Output } from '../output/output.js';

/** The accounts that a command line names, and the tokens stored here for their server. */
interface AccountAdmin {
  readonly backend: AccountBackend;
  readonly tokens: TokenStore;
  readonly serverKey: string;
}

/** Opens the accounts, runs `work`, and closes them. @throws Failure; `refused` when a user exists or is unknown. */
export async function withAccounts(
  flags: LoginFlags,
  output: Output,
  work: (admin: AccountAdmin) => Promise<void>,
): Promise<void> {
  const target = await resolveTarget(flags);
  // A running server is the only writer of its accounts.
  const hasServer = target.isElsewhere || target.server.data !== undefined;
  const backend = hasServer
    ? openServerAccounts(await operatorLogin(flags, target, output))
    : openFolderAccounts(target.data, systemClock);
  try {
    await work({ backend, tokens: openTokenStore(target.folders.config), serverKey: target.server.key });
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const next =
      error.reason === 'exists' ? `im user rotate ${error.user} makes a new token` : 'im user list shows all users';
    throw new Failure('refused', error.message, { why: 'nothing was changed', next, cause: error });
  } finally {
    await backend.close();
  }
}

/** Prints each token. Stores it if `keep` is set, or if an older token is stored, which no longer works. */
export async function printTokens(
  issued: readonly IssuedAccount[],
  { tokens, serverKey }: AccountAdmin,
  keep: boolean,
  output: Output,
): Promise<void> {
  for (const { user, token } of issued) {
    if (keep || (await tokens.find(serverKey, user)) !== undefined) {
      await tokens.save(serverKey, user, token);
      output.note(safe`im: the token of ${inline(user)} is kept for you`);
    }
    await (output.json ? output.object({ user, token }) : output.line(inline(token)));
  }
}
