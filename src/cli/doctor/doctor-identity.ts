/** Checks of `im doctor` on the login: which token would be used, and whether the server accepts it. */
import { readAccounts } from '../../accounts/file-accounts.js';
import { Failure, NEXT_STEP } from '../errors/failure.js';
import { ownOperatorLogin } from '../errors/operator-failure.js';
import { findUser } from '../login/identity.js';
import { findToken, type LoginFlags, serverOf } from '../login/login.js';
import type { Target } from '../login/target.js';
import type { Output } from '../output/output.js';
import type { Finding } from './doctor.js';
import { checkLogin, checkReachable } from './doctor-server.js';

/** The checks of server, identity and clock. Adds no user and stores no token. */
export async function checkIdentity(
  flags: LoginFlags,
  target: Target,
  timeoutMs: number,
  agent: string,
  output: Output,
): Promise<readonly Finding[]> {
  const { url, data } = target.server;
  try {
    const login = serverOf(target, flags);
    const user = findUser(flags.as ?? target.profile.user);
    const token = await findToken(flags, target, user, output);
    if (token !== undefined) return await checkLogin({ ...login, user, token, agent }, timeoutMs);
    if (data === undefined) {
      const server = await checkReachable(login, timeoutMs);
      // Once it runs, a server of this account would add the user: then a missing token is no problem.
      if (target.isElsewhere || server.state === 'ok') return [server, noToken(user, url)];
      return [target.data === target.folders.data ? { ...server, next: NEXT_STEP } : server];
    }
    // Without a token the server of this account can be checked as its operator.
    const identity = await checkUnstored(user, data);
    const { mode: _, ...operator } = await ownOperatorLogin(data, login);
    return await checkLogin({ ...operator, agent }, timeoutMs, identity);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, why, next, exit } = error;
    return [
      { check: 'identity', state: 'problem', message: why === undefined ? message : `${message}: ${why}`, next, exit },
    ];
  }
}

const noToken = (user: string, url: string): Finding => ({
  check: 'identity',
  state: 'problem',
  message: `there is no token for ${user} at ${url}`,
  next: `its operator can make one: im user add ${user}; then use --token-file FILE`,
  exit: 'credential-refused',
});

/** For a user without a stored token. */
async function checkUnstored(user: string, data: string): Promise<Finding> {
  const exists = (await readAccounts(data)).some((account) => account.user === user);
  const what = exists ? 'gets a further token' : 'is added';
  return { check: 'identity', state: 'ok', message: `${user} ${what} at the first login` };
}
