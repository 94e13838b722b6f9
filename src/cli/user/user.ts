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
import { isClosedOutput } from '../output/output-failure.js';

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

/**
 * Prints each token. Stores it if `keep` is set, or if an older token is stored, which no longer works.
 * @throws Failure when a token is neither printed nor stored: it is lost, since the server has only its hash.
 */
export async function printTokens(
  issued: readonly IssuedAccount[],
  { tokens, serverKey }: AccountAdmin,
  keep: boolean,
  output: Output,
): Promise<void> {
  const lost: string[] = [];
  let problem: unknown;
  for (const { user, token } of issued) {
    const printing = output.json ? output.object({ user, token }) : output.line(inline(token));
    const keeping = keepToken(user, token).then((isKept) => {
      if (isKept) output.note(safe`im: the token of ${inline(user)} is kept for you`);
      return isKept;
    });
    const [printed, kept] = await Promise.allSettled([printing, keeping]);
    for (const result of [printed, kept]) if (result.status === 'rejected') problem ??= result.reason;
    if (printed.status === 'rejected' && !(kept.status === 'fulfilled' && kept.value)) lost.push(user);
  }
  if (lost.length > 0) throw tokensLost(lost, problem);
  if (problem !== undefined && !isClosedOutput(problem)) throw problem;

  async function keepToken(user: string, token: string): Promise<boolean> {
    if (!keep && (await tokens.find(serverKey, user)) === undefined) return false;
    await tokens.save(serverKey, user, token);
    return true;
  }
}

function tokensLost(users: readonly string[], cause: unknown): Failure {
  const why = cause instanceof Failure ? cause.why : String(cause);
  return new Failure('unexpected', `tokens that could not be printed: ${users.join(' ')}`, {
    why,
    next: `to make new ones: im user rotate ${users.join(' ')}`,
    cause,
  });
}
