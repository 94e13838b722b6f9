/** Shared by the `im user` commands: finds the accounts, and prints and stores the tokens that are issued. */
import { AccountError, type IssuedAccount, type IssuedToken } from '../../accounts/accounts.js';
import { systemClock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import { type AccountBackend, openFolderAccounts, openServerAccounts } from '../accounts/account-backend.js';
import { againIfServed } from '../accounts/wait-for-lock.js';
import { Failure } from '../errors/failure.js';
import { refuseForeignFolder } from '../login/foreign-folder.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { findServer, readDataFolder } from '../login/server-address.js';
import { isServed, requireStore, resolveTarget } from '../login/target.js';
import { openTokenStore, type TokenStore } from '../login/token-store.js';
import type { Output } from '../output/output.js';
import { isClosedOutput } from '../output/output-failure.js';

/** The accounts that a command line names, and the tokens stored here for their server. */
interface AccountAdmin {
  readonly backend: AccountBackend;
  readonly tokens: TokenStore;
  /** Under which tokens are kept; undefined as long as there is no store, and so no token. */
  readonly serverKey: () => Promise<string | undefined>;
}

/**
 * Opens the accounts, runs `work`, and closes them. `work` runs again if a server has started on the folder before anything
 * was changed. @param makesStore whether `work` makes a store in a named data folder without one.
 * @throws Failure; `refused` when a user exists or is unknown; `data-unusable` when there is no store.
 */
export async function withAccounts(
  flags: LoginFlags,
  output: Output,
  work: (admin: AccountAdmin) => Promise<void>,
  makesStore = false,
): Promise<void> {
  await againIfServed(() => tryWithAccounts(flags, output, work, makesStore));
}

async function tryWithAccounts(
  flags: LoginFlags,
  output: Output,
  work: (admin: AccountAdmin) => Promise<void>,
  makesStore: boolean,
): Promise<void> {
  const target = await resolveTarget(flags);
  if (!makesStore) requireStore(target);
  const hasServer = isServed(target);
  if (makesStore && !hasServer) await refuseForeignFolder(target.data);
  const backend = hasServer
    ? openServerAccounts(await operatorLogin(flags, target, output))
    : openFolderAccounts(target.data, systemClock);
  try {
    const serverKey = () => (hasServer ? Promise.resolve(target.server.key) : keyOfFolder(target.data));
    await work({ backend, tokens: openTokenStore(target.folders.config), serverKey });
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const next = NEXT[error.reason](error.user);
    throw new Failure('refused', error.message, { why: 'nothing was changed', next, cause: error });
  } finally {
    await backend.close();
  }
}

const BLOCKED = 'im blocked USER shows whom a user blocks';

const NEXT: Readonly<Record<AccountError['reason'], (user: string) => string>> = {
  exists: (user) => `im user token add ${user} makes a further token; im user rotate ${user} replaces all`,
  unknown: (user) => `im user list shows all users; im user add ${user} adds this one`,
  token: (user) => `im user token list ${user} shows the tokens`,
  own: () => BLOCKED,
  'not-blocked': () => BLOCKED,
  'too-many': () => BLOCKED,
};

/** The key of a folder that no server uses: the first change gives it its identity. */
async function keyOfFolder(folder: string): Promise<string | undefined> {
  const found = await readDataFolder(folder);
  return found.id === undefined ? undefined : findServer(undefined, folder, found).key;
}

/** Prints one user per line. */
export const listUsers = (flags: LoginFlags, output: Output): Promise<void> =>
  withAccounts(flags, output, async ({ backend }) => {
    const accounts = await backend.list();
    // On a terminal no output at all would look like a failure.
    if (accounts.length === 0 && output.columns !== undefined) output.note(safe`im: no users yet: im user add NAME`);
    for (const { user, role, at } of accounts) {
      const added = new Date(at).toISOString();
      await (output.json ? output.object({ user, role, at }) : output.line(inline(`${user} ${role} ${added}`)));
    }
  });

/** Whether to keep a new token for this account: `replace`, if an older one is kept, which no longer works. */
type Keep = 'yes' | 'replace' | 'no';

/**
 * Issues tokens and prints them.
 * @param issue makes the tokens of these users.
 * @throws Failure when a token cannot be kept, or is neither printed nor kept: then it is lost, since the server has only its
 * hash. All are printed nevertheless, since they are valid and cannot be shown again.
 */
export async function issueTokens(
  users: readonly string[],
  admin: AccountAdmin,
  keep: Keep,
  output: Output,
  issue: () => Promise<readonly (IssuedAccount | IssuedToken)[]>,
): Promise<void> {
  const isKept = keep === 'yes' || (keep === 'replace' && (await anyKept(users, admin)));
  const kept = new Set<string>();
  const failures: unknown[] = [];
  const issueAndKeep = async (): Promise<readonly (IssuedAccount | IssuedToken)[]> => {
    const issued = await issue();
    for (const account of issued) {
      try {
        if (await keepToken(account, admin, keep, output)) kept.add(account.user);
      } catch (error) {
        failures.push(error);
      }
    }
    return issued;
  };
  const lost: (IssuedAccount | IssuedToken)[] = [];
  let unprinted: unknown;
  for (const account of await (isKept ? admin.tokens.exclusive(issueAndKeep) : issue())) {
    const { user, token } = account;
    try {
      const name = 'name' in account ? account.name : undefined;
      await (output.json ? output.object({ user, name, token }) : output.line(inline(token)));
    } catch (error) {
      unprinted ??= error;
      if (!kept.has(user)) lost.push(account);
    }
  }
  if (lost.length > 0) throw tokensLost(lost, unprinted);
  if (failures.length > 0) throw failures[0];
  if (unprinted !== undefined && !isClosedOutput(unprinted)) throw unprinted;
}

/** Whether a token is kept for one of them. */
async function anyKept(users: readonly string[], { tokens, serverKey }: AccountAdmin): Promise<boolean> {
  const key = await serverKey();
  if (key === undefined) return false;
  for (const user of users) {
    if ((await tokens.find(key, user)) !== undefined) return true;
  }
  return false;
}

/** Whether it was kept. */
async function keepToken(
  { user, token }: IssuedAccount,
  { tokens, serverKey }: AccountAdmin,
  keep: Keep,
  output: Output,
): Promise<boolean> {
  const key = await serverKey();
  if (key === undefined) throw new Error('there are accounts without a store');
  if (keep === 'replace' && (await tokens.find(key, user)) === undefined) return false;
  await tokens.save(key, user, token);
  output.note(safe`im: the token of ${inline(user)} is kept for you`);
  return true;
}

/** Removes users, and the tokens that are kept for them. @param removed is told how many undelivered messages went with each. */
export async function removeUsers(
  users: readonly string[],
  admin: AccountAdmin,
  removed: (user: string, undelivered: number) => unknown,
): Promise<void> {
  const remove = async (): Promise<void> => {
    const undelivered = await admin.backend.remove(users);
    const key = await admin.serverKey();
    for (const user of users) {
      if (key !== undefined) await admin.tokens.remove(key, user);
      await removed(user, undelivered.get(user) ?? 0);
    }
  };
  await ((await anyKept(users, admin)) ? admin.tokens.exclusive(remove) : remove());
}

function tokensLost(accounts: readonly (IssuedAccount | IssuedToken)[], cause: unknown): Failure {
  const users = accounts.map(({ user }) => user);
  const [named] = accounts.filter((account) => 'name' in account);
  const why = cause instanceof Failure ? cause.why : String(cause);
  return new Failure('unexpected', `tokens that could not be printed: ${users.join(' ')}`, {
    why,
    next: named
      ? `nobody has it: im user token revoke ${named.user} ${named.name}; then try again`
      : `to make new ones: im user rotate ${users.join(' ')}`,
    cause,
  });
}
