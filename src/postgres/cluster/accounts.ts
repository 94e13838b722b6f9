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
  matchToken,
  removeAccounts,
  revokeToken,
  rotateTokens,
  sendersOf,
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
import { hashToken } from '../../accounts/credentials.js';
import { UnsavedUses } from '../../accounts/token-uses.js';
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
import { VerifiedTokens } from './verified-tokens.js';

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
  readonly #tellRevoked: PostgresAccountsOptions['tellRevoked'];
  readonly #listeners: ((users: readonly string[]) => void)[] = [];
  readonly #verified = new VerifiedTokens();
  readonly #uses: UnsavedUses;

  constructor({ database, log, tellRevoked }: PostgresAccountsOptions) {
    this.#database = database;
    this.#query = (statement, values) => database.query(statement, values);
    this.#uses = new UnsavedUses(log, { isFirstUrgent: true }); // On the other servers it would have no use.
    this.#tellRevoked = tellRevoked;
  }

  verify(user: string, token: string, at?: number): Promise<Identity | undefined> {
    return this.#verify(hashToken(token), at, () => selectLogin(this.#query, user));
  }

  identify(token: string, at?: number): Promise<Identity | undefined> {
    const hash = hashToken(token);
    return this.#verify(hash, at, () => selectTokenHolder(this.#query, hash));
  }

  /** @param select the account that may have this token. */
  async #verify(
    hash: string,
    at: number | undefined,
    select: () => Promise<AccountRecord | undefined>,
  ): Promise<Identity | undefined> {
    const match = await this.#verified.whileVerifying(async () => {
      const found = matchToken(await select(), hash);
      return found && this.#verified.add(found.identity) ? found : undefined;
    });
    if (match && at !== undefined && this.#uses.note(match.identity.user, match.token, at)) void this.saveUses();
    return match?.identity;
  }

  isCurrent(identity: Identity): boolean {
    return this.#verified.has(identity);
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
    const uses = this.#uses.all; // Before the query: they may be saved meanwhile.
    return listTokens(await selectAccounts(this.#query, [user]), user, uses);
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

  saveUses(): Promise<void> {
    return this.#uses.trySaving(() =>
      this.#uses.saveWith((uses) => {
        const used = [...uses.values()];
        const values = [used.map(({ user }) => user), [...uses.keys()], used.map(({ at }) => at)];
        return this.#database.transaction(({ query }) => query({ text: SAVE_USES }, values));
      }),
    );
  }

  onRevoked(listener: (users: readonly string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** These tokens of a user are no longer valid, as another server said, or as the database did. */
  learnRevoked(user: string, generations: readonly number[]): void {
    this.#verified.forget(generations);
    this.#report([user]);
  }

  /** Forgets what was verified here, but for these tokens, which have sessions, and for what was verified since the last call. */
  keepVerified(generations: ReadonlySet<number>): void {
    this.#verified.keep(generations);
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
    this.#verified.forget(generations);
    this.#tellRevoked(user, generations);
  }

  #report(users: readonly string[]): void {
    for (const listener of this.#listeners) listener(users);
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
