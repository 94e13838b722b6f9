/** Who `im doctor` is on the server: whose token is there, or would be made, and whether the server takes it. */
import type { Readable } from 'node:stream';
import { readAccounts } from '../../accounts/file-accounts.js';
import type { Clock } from '../../io/clock.js';
import { Failure } from '../errors/failure.js';
import { ownOperatorLogin } from '../errors/operator-failure.js';
import { findUser } from '../login/identity.js';
import { type LoginFlags, readToken } from '../login/login.js';
import type { Target } from '../login/target.js';
import { openTokenStore } from '../login/token-store.js';
import type { Output } from '../output/output.js';
import type { Finding } from './doctor.js';
import { checkLogin, checkReachable } from './doctor-server.js';

interface IdentityPorts {
  readonly stdin: Readable;
  readonly output: Output;
  readonly clock: Clock;
  readonly agent: string;
}

/** The checks of the server, the identity and the clock. Adds nobody and keeps nothing. */
export async function checkIdentity(
  flags: LoginFlags,
  place: Target,
  timeoutMs: number,
  { stdin, output, clock, agent }: IdentityPorts,
): Promise<readonly Finding[]> {
  const { server, folders, profile } = place;
  const { url, key, data } = server;
  try {
    const user = findUser(flags.as ?? profile.user);
    const token =
      (await readToken(flags, place, stdin, output)) ?? (await openTokenStore(folders.config).find(key, user));
    if (token !== undefined) return await checkLogin({ url, user, token, agent }, timeoutMs, clock);
    if (data === undefined) {
      const server = await checkReachable(url, timeoutMs, clock);
      // A server of this account would add the user.
      return place.isElsewhere || server.state === 'ok' ? [server, noToken(user, url)] : [server];
    }
    // The server of this account: its operator can see it all the same.
    const identity = await findUnkept(user, data, url);
    return await checkLogin({ ...(await ownOperatorLogin(data, url)), agent }, timeoutMs, clock, identity);
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
  next: `its operator makes one: im user add ${user}; then --token-file FILE`,
  exit: 'credential-refused',
});

/** A user whose token is not kept here: it is made when it is first needed, unless the user exists already. */
async function findUnkept(user: string, data: string, url: string): Promise<Finding> {
  const exists = (await readAccounts(data)).some((account) => account.user === user);
  if (!exists) return { check: 'identity', state: 'ok', message: `${user} is added when it is first needed` };
  const next = `--token-file FILE; or a new one, which ends the old: im user rotate ${user} --keep`;
  return { ...noToken(user, url), message: `${user} exists, but there is no token here`, next };
}
