/** The login of an operator: with the token in the data folder of a local server, or with the user's own token. */
import type { OperatorOptions } from '../../client/api/operator-client.js';
import { Failure, NEXT_STEP } from '../errors/failure.js';
import { ownOperatorLogin } from '../errors/operator-failure.js';
import type { Output } from '../output/output.js';
import { findUser } from './identity.js';
import { findToken, type LoginFlags, serverOf } from './login.js';
import type { Target } from './target.js';

/** @throws Failure `not-stored` when no server runs on the data folder; `credential-refused` when there is no token. */
export async function operatorLogin(flags: LoginFlags, target: Target, output: Output): Promise<OperatorOptions> {
  const { server, data, folders, profile, isElsewhere } = target;
  if (server.data !== undefined) return ownOperatorLogin(server.data, serverOf(target, flags));
  if (!isElsewhere) {
    throw new Failure('not-stored', `no server runs on ${data}`, {
      next: data === folders.data ? NEXT_STEP : `start it: im serve --data ${data}; or name another one: --url URL`,
    });
  }
  const connection = serverOf(target, flags);
  const user = findUser(flags.as ?? profile.user);
  const token = await findToken(flags, target, user, output);
  if (token !== undefined) return { ...connection, user, token };
  throw new Failure('credential-refused', `there is no token for ${user} at ${server.url}`, {
    next: 'give your token: --token-file FILE; or that of an operator: --as OPERATOR --token-file FILE',
  });
}
