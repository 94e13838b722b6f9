/** The Accounts port on an account table: a change takes effect when it is saved, and changes run one after the other. */
import { type Log, silentLog } from '../io/log.js';
import type { Role } from '../protocol/frames/account.js';
import {
  type AccountChange,
  type AccountRecord,
  type AccountTable,
  addAccounts,
  addToken,
  changeSendersOf,
  listAccounts,
  listTokens,
  removeAccounts,
  revokeToken,
  rotateTokens,
  sendersOf,
  type TokenRecord,
  withUses,
} from './account-table.js';
import {
  AccountError,
  type AccountInfo,
  type Accounts,
  type Identity,
  type IssuedAccount,
  type IssuedToken,
  type Senders,
  type SendersChange,
  type TokenInfo,
} from './accounts.js';
import { findByToken, hashToken } from './credentials.js';
import { TOKEN_USES } from './limits.js';
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
  /** Whose token has this hash; made when it is needed, and again after a change. */
  #byHash: ReadonlyMap<string, AccountRecord> | undefined;
  readonly #save: SaveChange;
  readonly #log: Log;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the last requested change is done. */
  #last: Promise<void> = Promise.resolve();
  /** The uses of tokens that are not saved. */
  #uses: Map<number, { readonly user: string; readonly at: number }> = new Map();
  /** When it was last tried to save them for their own sake. */
  #usesTriedAt = Number.NEGATIVE_INFINITY;
  /** Changes that the next save of `#saving` includes. */
  #waiting: WaitingChange[] = [];
  #saving: Promise<unknown> | undefined;

  constructor(table: AccountTable, save: SaveChange, log: Log = silentLog) {
    this.#table = table;
    this.#rules = new SenderRules(table.accounts.values());
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

  async identify(token: string, at?: number): Promise<Identity | undefined> {
    this.#byHash ??= indexByHash(this.#table);
    const account = this.#byHash.get(hashToken(token));
    return account && this.verify(account.user, token, at);
  }

  isCurrent({ user, generation }: Identity): boolean {
    for (const token of this.#table.accounts.get(user)?.tokens ?? []) {
      if (token.generation === generation) return true;
    }
    return false;
  }

  mayExist(user: string): boolean {
    return this.#table.accounts.has(user);
  }

  maySend(from: string, to: string): boolean {
    return this.#rules.maySend(from, to);
  }

  async find(users: readonly string[]): Promise<readonly AccountInfo[]> {
    return listAccounts(this.#table, [...new Set(users)]);
  }

  async list(after: string, limit: number): Promise<readonly AccountInfo[]> {
    const users = [...this.#table.accounts.keys()].filter((user) => user > after);
    return listAccounts(this.#table, users).slice(0, limit);
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

  async tokens(user: string): Promise<readonly TokenInfo[]> {
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

  async senders(user: string): Promise<Senders> {
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

  async saveUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    try {
      await this.#change((table) => ({ table: { ...table }, issued: [] })); // A copy, or nothing would be saved.
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
      if (change.table === this.#table) return change.issued;
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
      this.#byHash = undefined;
      this.#rules = new SenderRules(table.accounts.values());
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

function indexByHash({ accounts }: AccountTable): ReadonlyMap<string, AccountRecord> {
  const byHash = new Map<string, AccountRecord>(); // storage 9: a Map, never {}
  for (const account of accounts.values()) for (const { hash } of account.tokens) byHash.set(hash, account);
  return byHash;
}
