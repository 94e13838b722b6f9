/** How one becomes an operator of the server that a command line is about. */
import type { Readable } from 'node:stream';
import type { OperatorOptions } from '../../client/operator-client.js';
import { Failure } from '../errors/failure.js';
import { ownOperatorLogin } from '../errors/operator-failure.js';
import type { Output } from '../output/output.js';
import { findUser } from './identity.js';
import { type LoginFlags, readToken } from './login.js';
import type { Target } from './target.js';
import { openTokenStore } from './token-store.js';

/** @throws Failure when no server runs on the folder that is meant, or there is no token. */
export async function operatorLogin(
  flags: LoginFlags,
  place: Target,
  stdin: Readable,
  output: Output,
): Promise<OperatorOptions> {
  const { server, data, profile, folders, isElsewhere } = place;
  if (server.data !== undefined) return ownOperatorLogin(server.data, server.url);
  if (!isElsewhere) {
    throw new Failure('not-stored', `no server runs on ${data}`, {
      next: 'start it: im serve; or say which one is meant: --url URL, --data DIR',
    });
  }
  const user = findUser(flags.as ?? profile.user);
  const token =
    (await readToken(flags, place, stdin, output)) ?? (await openTokenStore(folders.config).find(server.key, user));
  if (token !== undefined) return { url: server.url, user, token };
  throw new Failure('credential-refused', `there is no token for ${user} at ${server.url}`, {
    next: 'give the token of an operator: --as OPERATOR --token-file FILE',
  });
}
