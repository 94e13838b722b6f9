/** The Accounts port on an account table: a change takes effect when it is saved, and changes run one after the other. */
import type { Role } from '../protocol/frames/account.js';
import {
  type AccountChange,
  type AccountTable,
  addAccounts,
  changeSendersOf,
  listAccounts,
  removeAccounts,
  rotateTokens,
  sendersOf,
} from './account-table.js';
import {
  AccountError,
  type AccountInfo,
  type Accounts,
  type Identity,
  type IssuedAccount,
  type Senders,
  type SendersChange,
} from './accounts.js';
import { matchesToken } from './credentials.js';
import { SenderRules } from './sender-rules.js';

/** Saves a change: durable when it resolves. `before` is the current table. */
export type SaveChange = (change: AccountChange, before: AccountTable) => Promise<void>;

/** A change that waits to be saved, and afterwards why it was refused. */
interface WaitingChange {
  readonly user: string;
  readonly change: SendersChange;
  refusal?: AccountError;
}

export class SavedAccounts implements Accounts {
  #table: AccountTable;
  #rules: SenderRules;
  readonly #save: SaveChange;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the last requested change is done. */
  #last: Promise<void> = Promise.resolve();
  /** Changes that the next save of `#saving` includes. */
  #waiting: WaitingChange[] = [];
  #saving: Promise<unknown> | undefined;

  constructor(table: AccountTable, save: SaveChange) {
    this.#table = table;
    this.#rules = new SenderRules(table.accounts.values());
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

  maySend(from: string, to: string): boolean {
    return this.#rules.maySend(from, to);
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

  senders(user: string): Senders {
    return sendersOf(this.#table, user);
  }

  /** Each save writes all accounts, and any user may change the own rules at any rate: changes that wait share a save. */
  async changeSenders(user: string, change: SendersChange): Promise<Senders> {
    const waiting: WaitingChange = { user, change };
    this.#waiting.push(waiting);
    this.#saving ??= this.#change((table) => this.#changeWaiting(table));
    await this.#saving;
    if (waiting.refusal) throw waiting.refusal;
    return this.senders(user);
  }

  #changeWaiting(before: AccountTable): AccountChange {
    this.#saving = undefined;
    let table = before;
    for (const waiting of this.#waiting.splice(0)) {
      try {
        table = changeSendersOf(table, waiting.user, waiting.change);
      } catch (error) {
        if (!(error instanceof AccountError)) throw error;
        waiting.refusal = error;
      }
    }
    return { table, issued: [] };
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  #change(changeOf: (table: AccountTable) => AccountChange): Promise<readonly IssuedAccount[]> {
    const done = this.#last.then(async () => {
      const change = changeOf(this.#table);
      if (change.table === this.#table) return change.issued;
      await this.#save(change, this.#table);
      this.#table = change.table;
      this.#rules = new SenderRules(change.table.accounts.values());
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
