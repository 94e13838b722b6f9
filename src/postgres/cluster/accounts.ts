/**
 * The Accounts port on PostgreSQL. A change is a transaction: it loads the accounts that it is about under a lock, applies the
 * same pure functions as the accounts of a data folder, and writes what differs. Nothing is cached but which tokens were verified
 * here: the store checks each message against the rows.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AccountChange,
  type AccountRecord,
  type AccountTable,
  addAccounts,
  addToken,
  changeSendersOf,
  listTokens,
  removeAccounts,
  revokeToken,
  rotateTokens,
  sendersOf,
  type TokenRecord,
} from '../../accounts/account-table.js';
import {
  type AccountInfo,
  type Accounts,
  AccountsUnavailable,
  type Identity,
  type IssuedAccount,
  type IssuedToken,
  OPERATOR,
  type Senders,
  type SendersChange,
  type TokenInfo,
} from '../../accounts/accounts.js';
import { findByToken, hashToken } from '../../accounts/credentials.js';
import { TOKEN_USES } from '../../accounts/limits.js';
import type { Log } from '../../io/log.js';
import type { Role } from '../../protocol/frames/account.js';
import { OutcomeUnknown, StoreUnavailable } from '../../store/store.js';
import type { Database } from '../database/database.js';
import { ACCOUNT_CHANGE } from '../limits.js';
import {
  saveChange,
  selectAccounts,
  selectForChange,
  selectForSenders,
  selectLogin,
  selectTokenHolder,
} from './account-rows.js';
import type { Query } from './servers.js';

interface PostgresAccountsOptions {
  readonly database: Database;
  readonly log: Log;
  /** Tells the other servers that these tokens are no longer valid. */
  readonly tellRevoked: (user: string, generations: readonly number[]) => void;
}

type LoadTable = (query: Query) => Promise<AccountTable>;

export class PostgresAccounts implements Accounts {
  readonly #database: Database;
  readonly #query: Query;
  readonly #log: Log;
  readonly #tellRevoked: PostgresAccountsOptions['tellRevoked'];
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  /** The tokens that were verified here and are not known to be revoked: whose they are, by their numbers. */
  readonly #verified = new Map<number, string>();
  /** Verified since the last `keepVerified`: their sessions may be about to begin. */
  #verifiedLately = new Set<number>();
  /** Queries for a login in progress, and what was revoked while there was one. */
  #verifying = 0;
  readonly #revokedMeanwhile = new Set<number>();
  /** The uses of tokens that are not saved. */
  #uses = new Map<number, { readonly user: string; readonly at: number }>();
  #usesTriedAt = Number.NEGATIVE_INFINITY;

  constructor({ database, log, tellRevoked }: PostgresAccountsOptions) {
    this.#database = database;
    this.#query = (statement, values) => database.query(statement, values);
    this.#log = log;
    this.#tellRevoked = tellRevoked;
  }

  verify(user: string, token: string, at?: number): Promise<Identity | undefined> {
    return this.#verify(token, at, (query) => selectLogin(query, user));
  }

  identify(token: string, at?: number): Promise<Identity | undefined> {
    return this.#verify(token, at, (query) => selectTokenHolder(query, hashToken(token)));
  }

  /** @param select the account that may have this token. */
  async #verify(
    token: string,
    at: number | undefined,
    select: (query: Query) => Promise<AccountRecord | undefined>,
  ): Promise<Identity | undefined> {
    this.#verifying++;
    try {
      const account = await select(this.#query);
      const found = findByToken(token, account?.tokens ?? []);
      // R3: unknown user or wrong token. R7: or revoked after the query had seen it.
      if (!account || !found || this.#revokedMeanwhile.has(found.generation)) return undefined;
      const { user } = account;
      this.#verified.set(found.generation, user);
      this.#verifiedLately.add(found.generation);
      if (at !== undefined) this.#noteUse(user, found, at);
      return { user, role: account.role, generation: found.generation };
    } finally {
      this.#verifying--;
      if (this.#verifying === 0) this.#revokedMeanwhile.clear();
    }
  }

  isCurrent({ user, generation }: Identity): boolean {
    return this.#verified.get(generation) === user;
  }

  /** R7: the store finds out. */
  mayExist(): boolean {
    return true;
  }

  /** The store finds out. */
  maySend(): boolean {
    return true;
  }

  async find(users: readonly string[]): Promise<readonly AccountInfo[]> {
    return this.#database.query<AccountInfo>({ text: `${SELECT_INFO} WHERE name = ANY($1) ORDER BY name` }, [users]);
  }

  async list(after: string, limit: number): Promise<readonly AccountInfo[]> {
    const text = `${SELECT_INFO} WHERE name > $1 ORDER BY name LIMIT $2`;
    return this.#database.query<AccountInfo>({ text }, [after, limit]);
  }

  add(users: readonly string[], role: Role, at: number): Promise<readonly IssuedAccount[]> {
    return this.#change(users, selectForChange(users), (table) => addAccounts(table, users, role, at));
  }

  async remove(users: readonly string[]): Promise<void> {
    await this.#change(users, selectForChange(users, true), (table) => removeAccounts(table, users));
    this.#report(users);
  }

  async rotate(users: readonly string[], at: number): Promise<readonly IssuedAccount[]> {
    const issued = await this.#change(users, selectForChange(users), (table) => rotateTokens(table, users, at));
    this.#report(users);
    return issued;
  }

  async tokens(user: string): Promise<readonly TokenInfo[]> {
    return listTokens(await selectAccounts(this.#query, [user]), user, this.#uses);
  }

  async addToken(user: string, name: string, at: number): Promise<IssuedToken> {
    const [issued] = await this.#change([user], selectForChange([user]), (table) => addToken(table, user, name, at));
    return issued as IssuedToken;
  }

  async revokeToken(user: string, name: string): Promise<void> {
    await this.#change([user], selectForChange([user]), (table) => revokeToken(table, user, name));
    this.#report([user]);
  }

  async senders(user: string): Promise<Senders> {
    return sendersOf(await selectAccounts(this.#query, [user]), user);
  }

  async changeSenders(user: string, change: SendersChange): Promise<Senders> {
    const names = 'names' in change ? change.names : [];
    let senders: Senders | undefined;
    await this.#change([user], selectForSenders(user, names), (table) => {
      const changed = changeSendersOf(table, user, change);
      senders = sendersOf(changed, user);
      return { table: changed, issued: [] };
    });
    return senders as Senders;
  }

  async saveUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    const values = [
      [...uses.values()].map(({ user }) => user),
      [...uses.keys()],
      [...uses.values()].map(({ at }) => at),
    ];
    try {
      await this.#database.transaction(({ query }) => query({ text: SAVE_USES }, values));
    } catch (error) {
      this.#uses = new Map([...uses, ...this.#uses]);
      this.#log.warn('last use of tokens not saved', { why: (error as Error).message });
    }
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** These tokens of a user are no longer valid, as another server said, or as the database did. */
  learnRevoked(user: string, generations: readonly number[]): void {
    this.#forget(generations);
    this.#report([user]);
  }

  /** Forgets what was verified here, but for these tokens, which have sessions, and for what was verified since the last call. */
  keepVerified(generations: ReadonlySet<number>): void {
    for (const generation of this.#verified.keys())
      if (!generations.has(generation) && !this.#verifiedLately.has(generation)) this.#verified.delete(generation);
    this.#verifiedLately = new Set();
  }

  /** A transaction whose end is unknown is repeated; if these users are as it would have left them, it was done. */
  async #change<I extends IssuedAccount>(
    users: readonly string[],
    load: LoadTable,
    changeOf: (table: AccountTable) => AccountChange<I>,
  ): Promise<readonly I[]> {
    let tried: { readonly before: AccountTable; readonly change: AccountChange<I> } | undefined;
    await this.#repeat(async (query) => {
      const before = await load(query);
      if (tried !== undefined && isSame(users, before, tried.change.table)) return;
      const change = changeOf(before);
      tried = { before, change };
      await saveChange(query, before, change.table);
    });
    const { before, change } = tried as NonNullable<typeof tried>;
    for (const user of new Set(users)) this.#revoked(user, before, change.table);
    return change.issued;
  }

  /** @throws OutcomeUnknown when it stays unknown: an operator has to look. */
  async #repeat<T>(run: (query: Query) => Promise<T>): Promise<T> {
    let unknown: OutcomeUnknown | undefined;
    for (let tries = 0; tries < ACCOUNT_CHANGE.maxTries; tries++) {
      try {
        return await this.#database.transaction(({ query }) => run(query));
      } catch (error) {
        if (error instanceof OutcomeUnknown) unknown = error;
        else if (!(error instanceof StoreUnavailable)) throw error;
        else throw unknown ?? new AccountsUnavailable('the database cannot be written now', { cause: error });
      }
    }
    throw unknown;
  }

  /** Tokens that a change has taken away. */
  #revoked(user: string, before: AccountTable, after: AccountTable): void {
    const valid = new Set(after.accounts.get(user)?.tokens.map(({ generation }) => generation));
    const tokens = before.accounts.get(user)?.tokens ?? [];
    const generations = tokens.map(({ generation }) => generation).filter((generation) => !valid.has(generation));
    this.#forget(generations);
    this.#tellRevoked(user, generations);
  }

  #forget(generations: readonly number[]): void {
    for (const generation of generations) {
      this.#verified.delete(generation);
      if (this.#verifying > 0) this.#revokedMeanwhile.add(generation);
    }
  }

  #report(users: readonly string[]): void {
    for (const listener of this.#listeners) listener(users);
  }

  /** A login does not wait for it. */
  #noteUse(user: string, { generation, usedAt, at: madeAt }: TokenRecord, at: number): void {
    this.#uses.set(generation, { user, at });
    const isDue =
      at - (usedAt ?? madeAt) >= TOKEN_USES.savedEveryMs && at - this.#usesTriedAt >= TOKEN_USES.triedEveryMs;
    if (!isDue && usedAt !== undefined) return; // The first use is saved at once: on the other servers it would have none.
    this.#usesTriedAt = at;
    void this.saveUses();
  }
}

/**
 * Adds the user OPERATOR, an operator, with a token. For a database that has none yet: only an operator can add users.
 * Durable when it resolves. @throws as Accounts.add.
 */
export async function initOperator(accounts: Pick<Accounts, 'add'>, at: number): Promise<IssuedAccount> {
  const [issued] = await accounts.add([OPERATOR], 'operator', at);
  return issued as IssuedAccount;
}

const SAVE_USES = `
UPDATE token SET used_at = greatest(used_at, given.at)
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS given (account, generation, at)
WHERE token.account = given.account AND token.generation = given.generation`;

const SELECT_INFO = 'SELECT name AS "user", role, at FROM account';

/** Whether these users have the same tokens and rules in both. */
function isSame(users: readonly string[], found: AccountTable, wanted: AccountTable): boolean {
  const describe = ({ accounts }: AccountTable) =>
    users.map((user) => {
      const account = accounts.get(user);
      return account && { hashes: account.tokens.map(({ hash }) => hash), senders: account.senders };
    });
  return isDeepStrictEqual(describe(found), describe(wanted));
}
