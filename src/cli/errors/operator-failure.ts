/** The login of the operator of a local server, and failed operator requests as failures. */
import { OPERATOR } from '../../accounts/accounts.js';
import { readOperatorToken } from '../../accounts/operator-token.js';
import { OperatorLost, type OperatorOptions, OperatorRefused } from '../../client/api/operator-client.js';
import { certificateAdvice } from '../../client/offline-reason.js';
import type { ServerOptions } from '../../client/ports.js';
import { clientFailure } from './client-failure.js';
import { dataFailure } from './data-failure.js';
import { Failure, translateErrors } from './failure.js';
import { unknownUser } from './unknown-user.js';

/**
 * For the server that runs on this data folder.
 * @throws Failure `data-unusable` when the operator token in the folder cannot be read.
 */
export const ownOperatorLogin = (folder: string, server: ServerOptions): Promise<OperatorOptions> =>
  translateErrors(
    (error) => dataFailure(error, folder),
    async () => ({ ...server, user: OPERATOR, token: await readOperatorToken(folder) }),
  );

/**
 * A failed request of an operator as a Failure. An error of any other kind is returned as it is.
 * @param onTimeout what to do when no answer came: whether the request had an effect is unknown.
 */
export function operatorFailure(error: unknown, { url, user }: OperatorOptions, onTimeout: string): unknown {
  if (error instanceof OperatorRefused && error.refusal.code === 'unknown-user' && error.refusal.to !== undefined)
    return unknownUser(error.refusal.to, error);
  if (error instanceof OperatorRefused)
    return new Failure('refused', `the server refused: ${error.message}`, { cause: error });
  if (!(error instanceof OperatorLost)) return error;
  const { reason, detail } = error.end;
  if (reason === 'timeout') {
    return new Failure('not-stored', `${url} has not answered`, { next: onTimeout, cause: error });
  }
  if (reason !== 'lost') return clientFailure(error.end, user);
  return new Failure('not-stored', `${url} cannot be reached`, {
    why: detail,
    next: certificateAdvice(detail) ?? 'is it running? im serve',
    cause: error,
  });
}
