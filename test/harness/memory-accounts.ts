/** Accounts that live in memory, with tokens known beforehand: `token of alice` lets alice in. */
import { EMPTY_ACCOUNT_TABLE, issueTokens } from '../../src/accounts/account-table.js';
import { SavedAccounts } from '../../src/accounts/saved-accounts.js';

export const tokenOf = (user: string): string => `token of ${user}`;

/** Everybody has the role `user`, but for those named `operator…`. */
export function memoryAccounts(...users: readonly string[]): SavedAccounts {
  const { register } = issueTokens(
    EMPTY_ACCOUNT_TABLE,
    users.map((user) => ({
      user,
      role: user.startsWith('operator') ? 'operator' : 'user',
      at: 0,
      token: tokenOf(user),
    })),
  );
  return new SavedAccounts(register, async () => {});
}
