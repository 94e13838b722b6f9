/** Accounts in memory, with predictable tokens: alice logs in with `token of alice`. */
import { type AccountTable, setTokens } from '../../src/accounts/account-table.js';
import { SavedAccounts } from '../../src/accounts/saved-accounts.js';

export const EMPTY_ACCOUNT_TABLE: AccountTable = { issued: 0, accounts: new Map() };

export const tokenOf = (user: string): string => `token of ${user}`;

/** Users named `operator…` have the role `operator`, all others `user`. */
export function memoryAccounts(...users: readonly string[]): SavedAccounts {
  const { table } = setTokens(
    EMPTY_ACCOUNT_TABLE,
    users.map((user) => ({
      user,
      role: user.startsWith('operator') ? 'operator' : 'user',
      at: 0,
      token: tokenOf(user),
    })),
    0,
  );
  return new SavedAccounts(table, async () => {});
}
