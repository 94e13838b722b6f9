/** An operator lists or changes the accounts. Only allowed in mode `operate`. */
import { AccountError, type AccountInfo, type Accounts, type IssuedAccount } from '../../accounts/accounts.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrameOf } from '../../protocol/frame-catalogue.js';
import { WIRE } from '../../protocol/limits.js';
import type { Handler } from '../handler.js';

export const account: Handler<'account'> = async (frame, { now }, { accounts }) => {
  const { id } = frame;
  if (frame.action !== 'list' && frame.users === undefined)
    return { replies: [errorFrame('invalid', { id, field: 'users' })] };
  try {
    const users = await execute(frame, accounts, now);
    return { replies: [{ type: 'account', id, users }] };
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    const code = error.reason === 'exists' ? 'invalid' : 'unknown-user';
    return { replies: [{ ...errorFrame(code, { id, to: error.user, field: 'users' }), message: error.message }] };
  }
};

async function execute(
  { action, users = [], role = 'user', after = '' }: ClientFrameOf<'account'>,
  accounts: Accounts,
  now: number,
): Promise<readonly (AccountInfo | IssuedAccount)[]> {
  switch (action) {
    case 'add':
      return accounts.add(users, role, now);
    case 'rotate':
      return accounts.rotate(users);
    case 'remove':
      await accounts.remove(users);
      return [];
    case 'list':
      return accounts
        .list()
        .filter(({ user }) => user > after)
        .slice(0, WIRE.maxUsersPerFrame);
  }
}
