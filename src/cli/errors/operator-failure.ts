/** The operator of a server of one's own, and what it means when what an operator asked for fails. */
import { OPERATOR, readOperatorToken } from '../../accounts/operator-token.js';
import { OperatorLost, type OperatorOptions, OperatorRefused } from '../../client/operator-client.js';
import { clientFailure } from './client-failure.js';
import { dataFailure } from './data-failure.js';
import { Failure } from './failure.js';

/** Of the server that runs on this folder. @throws Failure `data-unusable` when the operator's token cannot be read. */
export async function ownOperatorLogin(folder: string, url: string): Promise<OperatorOptions> {
  try {
    return { url, user: OPERATOR, token: await readOperatorToken(folder) };
  } catch (error) {
    throw dataFailure(error, folder);
  }
}

/** What an operator's request failed with, as what should be thrown on. @param again what to do when no answer came. */
export function operatorFailure(error: unknown, { url, user }: OperatorOptions, again: string): unknown {
  if (error instanceof OperatorRefused)
    return new Failure('refused', `the server refused: ${error.message}`, { cause: error });
  if (!(error instanceof OperatorLost)) return error;
  const { reason, detail } = error.end;
  if (reason === 'timeout') return new Failure('not-stored', `${url} has not answered`, { next: again, cause: error });
  if (reason !== 'lost') return clientFailure(error.end, user);
  return new Failure('not-stored', `${url} cannot be reached`, {
    why: detail,
    next: 'is it running? im serve',
    cause: error,
  });
}
