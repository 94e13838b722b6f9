/** `im user …`: finds the accounts, and prints and keeps the tokens that are made. */
import type { Readable } from 'node:stream';
import { AccountError, type IssuedAccount } from '../../accounts/accounts.js';
import { systemClock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { openFolderAccounts } from '../accounts/folder-accounts.js';
import { openServerAccounts } from '../accounts/server-accounts.js';
import { Failure } from '../errors/failure.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { resolveTarget, type Target } from '../login/target.js';
import { openTokenStore, type TokenStore } from '../login/token-store.js';
import type { Output } from '../output/output.js';

/** The accounts that a command line is about, and where this account keeps tokens of their server. */
interface AccountAdmin {
  readonly backend: AccountBackend;
  readonly kept: TokenStore;
  readonly serverKey: string;
}

/** Runs `work` on the accounts, and lets go of them. @throws Failure also for what is wrong with the users named. */
export async function withAccounts(
  flags: LoginFlags,
  stdin: Readable,
  output: Output,
  work: (office: AccountAdmin) => Promise<void>,
): Promise<void> {
  const place = await resolveTarget(flags);
  const backend = await openBackend(flags, place, stdin, output);
  try {
    await work({ backend, kept: openTokenStore(place.folders.config), serverKey: place.server.key });
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const next =
      error.reason === 'exists' ? `im user rotate ${error.user} makes a new token` : 'im user list shows who there is';
    throw new Failure('refused', error.message, { why: 'nothing was changed', next, cause: error });
  } finally {
    await backend.close();
  }
}

/** Through the running server where there is one: it is the only writer of its accounts. */
async function openBackend(flags: LoginFlags, place: Target, stdin: Readable, output: Output): Promise<AccountBackend> {
  const isFolderFree = place.server.data === undefined && !place.isElsewhere;
  if (isFolderFree) return openFolderAccounts(place.data, systemClock);
  return openServerAccounts(await operatorLogin(flags, place, stdin, output));
}

/** Prints each token, once; keeps it if that is wanted, or if an older one is kept, which is worth nothing any more. */
export async function printTokens(
  issued: readonly IssuedAccount[],
  { kept, serverKey }: AccountAdmin,
  keep: boolean,
  output: Output,
): Promise<void> {
  for (const { user, token } of issued) {
    if (keep || (await kept.find(serverKey, user)) !== undefined) {
      await kept.keep(serverKey, user, token);
      output.note(safe`im: the token of ${inline(user)} is kept for you`);
    }
    await (output.json ? output.object({ user, token }) : output.line(inline(token)));
  }
}
