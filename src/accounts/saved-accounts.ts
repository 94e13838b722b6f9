/** The Accounts port on an account table: a change takes effect when it is saved, and changes run one after the other. */
import { type Log, silentLog } from '../io/log.js';
import type { Role } from '../protocol/frames/account.js';
import {
  type AccountChange,
  type AccountTable,
  addAccounts,
  addToken,
  listAccounts,
  listTokens,
  removeAccounts,
  revokeToken,
  rotateTokens,
  type TokenRecord,
  withUses,
} from './account-table.js';
import type { AccountInfo, Accounts, Identity, IssuedAccount, IssuedToken, TokenInfo } from './accounts.js';
import { findByToken } from './credentials.js';
import { TOKEN_USES } from './limits.js';

/** Saves a change: durable when it resolves. `before` is the current table. */
export type SaveChange = (change: AccountChange, before: AccountTable) => Promise<void>;

export class SavedAccounts implements Accounts {
  #table: AccountTable;
  readonly #save: SaveChange;
  readonly #log: Log;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the last requested change is done. */
  #last: Promise<void> = Promise.resolve();
  /** The uses of tokens that are not saved. */
  #uses: Map<number, { readonly user: string; readonly at: number }> = new Map();
  /** When it was last tried to save them for their own sake. */
  #usesTriedAt = Number.NEGATIVE_INFINITY;

  constructor(table: AccountTable, save: SaveChange, log: Log = silentLog) {
    this.#table = table;
    this.#save = save;
    this.#log = log;
  }

  async verify(user: string, token: string, at?: number): Promise<Identity | undefined> {
    const account = this.#table.accounts.get(user);
    const found = findByToken(token, account?.tokens ?? []);
    if (!account || !found) return undefined; // R3: unknown user or wrong token
    if (at !== undefined) this.#noteUse(user, found, at);
    return { user, role: account.role, generation: found.generation };
  }

  isCurrent({ user, generation }: Identity): boolean {
    for (const token of this.#table.accounts.get(user)?.tokens ?? []) {
      if (token.generation === generation) return true;
    }
    return false;
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

  async rotate(users: readonly string[], at: number): Promise<readonly IssuedAccount[]> {
    const issued = await this.#change((table) => rotateTokens(table, users, at));
    this.#revoke(users);
    return issued;
  }

  tokens(user: string): readonly TokenInfo[] {
    return listTokens(this.#table, user, this.#uses);
  }

  async addToken(user: string, name: string, at: number): Promise<IssuedToken> {
    const [issued] = await this.#change((table) => addToken(table, user, name, at));
    return issued as IssuedToken;
  }

  async revokeToken(user: string, name: string): Promise<void> {
    await this.#change((table) => revokeToken(table, user, name));
    this.#revoke([user]);
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  async saveUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    try {
      await this.#change((table) => ({ table, issued: [] }));
    } catch (error) {
      this.#log.warn('last use of tokens not saved', { why: (error as Error).message });
    }
  }

  /** A login does not wait for the disk, and a full disk keeps nobody out. */
  #noteUse(user: string, token: TokenRecord, at: number): void {
    this.#uses.set(token.generation, { user, at });
    const savedAt = token.usedAt ?? token.at; // A new token is in the file, too.
    if (at - savedAt < TOKEN_USES.savedEveryMs || at - this.#usesTriedAt < TOKEN_USES.triedEveryMs) return;
    this.#usesTriedAt = at;
    void this.saveUses();
  }

  #change<I extends IssuedAccount>(changeOf: (table: AccountTable) => AccountChange<I>): Promise<readonly I[]> {
    const done = this.#last.then(async () => {
      const change = changeOf(this.#table);
      const uses = this.#uses;
      this.#uses = new Map();
      const table = withUses(change.table, uses); // They cost nothing where the file is written anyway.
      try {
        await this.#save({ ...change, table }, this.#table);
      } catch (error) {
        this.#uses = new Map([...uses, ...this.#uses]);
        throw error;
      }
      this.#table = table;
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
