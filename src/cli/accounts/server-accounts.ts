/** Accounts behind a running server, which is asked as one of its operators. It knows of every change at once. */
import { AccountError, type IssuedAccount } from '../../accounts/accounts.js';
import { type OperatorOptions, OperatorRefused, operate } from '../../client/operator-client.js';
import { Failure } from '../errors/failure.js';
import { operatorFailure, ownOperatorLogin } from '../errors/operator-failure.js';
import type { AccountBackend } from './account-backend.js';

/** Logs in as an operator. When that is refused, or there is no answer, every call rejects with a Failure. */
export function openServerAccounts(login: OperatorOptions): AccountBackend {
  const operator = operate(login);
  const ask = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw explained(error, login);
    }
  };
  return {
    list: () => ask(operator.list()),
    add: (users, role) => ask(operator.accounts({ action: 'add', users, role })) as Promise<readonly IssuedAccount[]>,
    rotate: (users) => ask(operator.accounts({ action: 'rotate', users })) as Promise<readonly IssuedAccount[]>,
    remove: async (users) => {
      await ask(operator.accounts({ action: 'remove', users }));
    },
    close: () => operator.close(),
  };
}

/** Asks the server that runs on this folder. @throws Failure `data-unusable` when the operator's token cannot be read. */
export const openOwnServerAccounts = async (folder: string, url: string): Promise<AccountBackend> =>
  openServerAccounts(await ownOperatorLogin(folder, url));

function explained(error: unknown, login: OperatorOptions): unknown {
  if (error instanceof OperatorRefused) {
    const { code, to, message } = error.refusal;
    if (to !== undefined && code === 'unknown-user') return new AccountError('unknown', to);
    if (to !== undefined && code === 'invalid') return new AccountError('exists', to);
    return new Failure('refused', `the server refused: ${message}`, { why: 'nothing was changed', cause: error });
  }
  return operatorFailure(error, login, 'look with im user list what was done');
}
