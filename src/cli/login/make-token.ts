/** A token for the user of a login: of a user who is added with it, or a further one. */
import { AccountError, type IssuedAccount, type IssuedToken } from '../../accounts/accounts.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { addFreeToken } from '../accounts/free-token.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { chatDevice } from './device.js';

/**
 * `name` is that of a further token, made from the name of this machine, so that it can be told from the others and taken away;
 * undefined for a user who was added. @throws Failure `credential-refused` when the user has too many tokens.
 */
export async function makeToken(user: string, backend: AccountBackend): Promise<IssuedAccount & Partial<IssuedToken>> {
  try {
    const [issued] = await backend.add([user], 'user');
    if (issued === undefined) throw new Error(`the server sent no token for ${user}`);
    return issued;
  } catch (error) {
    if (!(error instanceof AccountError && error.reason === 'exists')) throw error;
    return translateErrors(explain, () => addFreeToken(backend, user, chatDevice()));
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof AccountError && error.reason === 'token')) return error;
  const { message, user } = error;
  const next = `give one: --token-file FILE; or revoke one: im user token list ${user} shows their names`;
  return new Failure('credential-refused', message, { next, cause: error });
}
