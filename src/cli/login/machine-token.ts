/** A further token for a user, with the name of this machine, so that it can be told from the others and taken away. */
import { AccountError, type IssuedToken } from '../../accounts/accounts.js';
import type { AccountBackend } from '../accounts/account-backend.js';
import { addFreeToken } from '../accounts/free-token.js';
import { Failure, translateErrors } from '../errors/failure.js';
import { chatDevice } from './device.js';

/** @throws Failure `credential-refused` when the user has too many tokens. */
export const addMachineToken = (user: string, backend: AccountBackend): Promise<IssuedToken> =>
  translateErrors(
    (error) =>
      error instanceof AccountError && error.reason === 'token'
        ? new Failure('credential-refused', error.message, {
            next: `give one: --token-file FILE; or revoke one: im user token list ${user} shows their names`,
            cause: error,
          })
        : error,
    () => addFreeToken(backend, user, chatDevice()),
  );
