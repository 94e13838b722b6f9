/** What operators do about users, wherever the accounts are: behind a running server, or in a folder that no server holds. */
import type { AccountInfo, IssuedAccount } from '../../accounts/accounts.js';
import type { Role } from '../../protocol/frames/account.js';

/** Every call may throw what `Accounts` throws. */
export interface AccountBackend {
  list(): Promise<readonly AccountInfo[]>;
  add(users: readonly string[], role: Role): Promise<readonly IssuedAccount[]>;
  remove(users: readonly string[]): Promise<void>;
  rotate(users: readonly string[]): Promise<readonly IssuedAccount[]>;
  /** Lets go of the server, or of the folder. */
  close(): Promise<void>;
}
