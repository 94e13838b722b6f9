/** The Accounts port on an account table: a change takes effect when it is saved, and changes run one after the other. */
import { type Log, silentLog } from '../io/log.js';
import type { Role } from '../protocol/frames/account.js';
import {
  type AccountChange,
  type AccountTable,
  addAccounts,
  addToken,
  changeSendersOf,
  listAccounts,
  listTokens,
  matchToken,
  removeAccounts,
  revokeToken,
  rotateTokens,
  sendersOf,
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
import { hashToken } from './credentials.js';
import { SenderRules } from './sender-rules.js';
import { UnsavedUses } from './token-uses.js';

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
  /** Whose token has this hash, or had; made when it is needed. */
  #byHash: ReadonlyMap<string, string> | undefined;
  /** All users, sorted; made when it is needed. */
  #names: readonly string[] | undefined;
  readonly #save: SaveChange;
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** Settles when the last requested change is done. */
  #last: Promise<void> = Promise.resolve();
  readonly #uses: UnsavedUses;
  /** Changes that the next save of `#saving` includes. */
  #waiting: WaitingChange[] = [];
  #saving: Promise<unknown> | undefined;

  constructor(table: AccountTable, save: SaveChange, log: Log = silentLog) {
    this.#table = table;
    this.#rules = new SenderRules(table.accounts.values());
    this.#save = save;
    this.#uses = new UnsavedUses(log);
  }

  async verify(user: string, token: string, at?: number): Promise<Identity | undefined> {
    return this.#verify(user, hashToken(token), at);
  }

  async identify(token: string, at?: number): Promise<Identity | undefined> {
    this.#byHash ??= usersByHash(this.#table);
    const hash = hashToken(token);
    const user = this.#byHash.get(hash);
    return user === undefined ? undefined : this.#verify(user, hash, at);
  }

  #verify(user: string, hash: string, at: number | undefined): Identity | undefined {
    const match = matchToken(this.#table.accounts.get(user), hash);
    if (match && at !== undefined && this.#uses.note(user, match.token, at)) void this.saveUses();
    return match?.identity;
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
    this.#names ??= [...this.#table.accounts.keys()].sort();
    const from = this.#names.findIndex((user) => user > after);
    return from < 0 ? [] : listAccounts(this.#table, this.#names.slice(from, from + limit));
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
    return listTokens(this.#table, user, this.#uses.all);
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

  saveUses(): Promise<void> {
    // A copy of the table, or nothing would be saved.
    return this.#uses.trySaving(() => this.#change((table) => ({ table: { ...table }, issued: [] })));
  }

  #change<I extends IssuedAccount>(changeOf: (table: AccountTable) => AccountChange<I>): Promise<readonly I[]> {
    const done = this.#last.then(async () => {
      const change = changeOf(this.#table);
      if (change.table === this.#table) return change.issued;
      const before = this.#table;
      // The uses cost nothing where everything is written anyway.
      const table = await this.#uses.saveWith(async (uses) => {
        const after = withUses(change.table, uses);
        await this.#save({ ...change, table: after }, before);
        return after;
      });
      this.#table = table;
      if (change.issued.length > 0) this.#byHash = undefined; // What is revoked may stay in it: the table decides.
      if (table.accounts.size !== before.accounts.size) this.#names = undefined; // No change adds and removes.
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

function usersByHash({ accounts }: AccountTable): ReadonlyMap<string, string> {
  const users = new Map<string, string>(); // storage 9: a Map, never {}
  for (const { user, tokens } of accounts.values()) for (const { hash } of tokens) users.set(hash, user);
  return users;
}
