/** Accounts on a register: a change counts when it is saved, and changes come one after the other. */
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

/** Resolves when the change is durable. `before` is the register as it is now. */
export type SaveChange = (change: AccountChange, before: AccountTable) => Promise<void>;

export class SavedAccounts implements Accounts {
  #register: AccountTable;
  readonly #save: SaveChange;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the changes asked for so far are done. */
  #last: Promise<void> = Promise.resolve();

  constructor(register: AccountTable, save: SaveChange) {
    this.#register = register;
    this.#save = save;
  }

  async verify(user: string, token: string): Promise<Identity | undefined> {
    const account = this.#register.accounts.get(user);
    if (!matchesToken(token, account?.tokenHash) || !account) return undefined; // R3
    const { role, generation } = account;
    return { user, role, generation };
  }

  isCurrent({ user, generation }: Identity): boolean {
    return this.#register.accounts.get(user)?.generation === generation;
  }

  exists(user: string): boolean {
    return this.#register.accounts.has(user);
  }

  list(): readonly AccountInfo[] {
    return listAccounts(this.#register);
  }

  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]> {
    return this.#change((register) => addAccounts(register, users, role, at));
  }

  async remove(users: readonly string[]): Promise<void> {
    await this.#change((register) => removeAccounts(register, users));
    this.#revoke(users);
  }

  async rotate(users: readonly string[]): Promise<readonly IssuedAccount[]> {
    const issued = await this.#change((register) => rotateTokens(register, users));
    this.#revoke(users);
    return issued;
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  #change(make: (register: AccountTable) => AccountChange): Promise<readonly IssuedAccount[]> {
    const done = this.#last.then(async () => {
      const made = make(this.#register);
      await this.#save(made, this.#register);
      this.#register = made.register;
      return made.issued;
    });
    const settled = (): void => undefined; // A failure is the caller's to see; the tokens are nobody's to keep.
    this.#last = done.then(settled, settled);
    return done;
  }

  #revoke(users: readonly string[]): void {
    for (const listener of this.#listeners) listener(users);
  }
}
