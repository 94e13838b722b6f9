/** The Accounts port on an account table: a change takes effect when it is saved, and changes run one after the other. */
import type { Role } from '../protocol/frames/account.js';
import {
  type AccountChange,
  type AccountTable,
  addAccounts,
  listAccounts,
  removeAccounts,
  rotateTokens,
} from './account-table.js';
import type { AccountInfo, Accounts, Identity, IssuedAccount } from './accounts.js';
import { matchesToken } from './credentials.js';

/** Saves a change: durable when it resolves. `before` is the current table. */
export type SaveChange = (change: AccountChange, before: AccountTable) => Promise<void>;

export class SavedAccounts implements Accounts {
  #table: AccountTable;
  readonly #save: SaveChange;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the last requested change is done. */
  #last: Promise<void> = Promise.resolve();

  constructor(table: AccountTable, save: SaveChange) {
    this.#table = table;
    this.#save = save;
  }

  async verify(user: string, token: string): Promise<Identity | undefined> {
    const account = this.#table.accounts.get(user);
    if (!matchesToken(token, account?.tokenHash) || !account) return undefined; // R3: unknown user or wrong token
    const { role, generation } = account;
    return { user, role, generation };
  }

  isCurrent({ user, generation }: Identity): boolean {
    return this.#table.accounts.get(user)?.generation === generation;
  }

  exists(user: string): boolean {
    return this.#table.accounts.has(user);
  }

  list(): readonly AccountInfo[] {
    return listAccounts(this.#table);
  }

  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]> {
    return this.#change((table) => addAccounts(table, users, role, at));
  }

  async remove(users: readonly string[]): Promise<void> {
    await this.#change((table) => removeAccounts(table, users));
    this.#revoke(users);
  }

  async rotate(users: readonly string[]): Promise<readonly IssuedAccount[]> {
    const issued = await this.#change((table) => rotateTokens(table, users));
    this.#revoke(users);
    return issued;
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  #change(changeOf: (table: AccountTable) => AccountChange): Promise<readonly IssuedAccount[]> {
    const done = this.#last.then(async () => {
      const change = changeOf(this.#table);
      await this.#save(change, this.#table);
      this.#table = change.table;
      return change.issued;
    });
    const settled = (): void => undefined; // The caller handles errors; the issued tokens must not be kept here.
    this.#last = done.then(settled, settled);
    return done;
  }

  #revoke(users: readonly string[]): void {
    for (const listener of this.#listeners) listener(users);
  }
}
