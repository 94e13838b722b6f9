/** The accounts as rows: what a change is about is read into a table as that of a data folder, and what differs is written. */
import { isDeepStrictEqual } from 'node:util';
import type { AccountRecord, AccountTable, TokenRecord } from '../../accounts/account-table.js';
import type { Senders } from '../../accounts/accounts.js';
import type { Role } from '../../protocol/frames/account.js';
import type { Query } from './servers.js';

/** Any constant: it tells this lock from other advisory locks in the database. */
const CHANGE_LOCK = 0x696d_0001;

/** These accounts, as far as they exist, without a lock. Its `issued` is 0: nothing can be issued with it. */
export async function selectAccounts(query: Query, users: readonly string[]): Promise<AccountTable> {
  return { issued: 0, accounts: await select(query, SELECT, users) };
}

/** R3: the account of a login with its tokens. One query, whether the user exists or not. */
export async function selectLogin(query: Query, user: string): Promise<AccountRecord | undefined> {
  const rows = await query<TokenRow & { role: Role; made_at: number }>(SELECT_LOGIN, [user]);
  const [first] = rows;
  return first && { user, role: first.role, at: first.made_at, tokens: rows.map(toToken) };
}

/** R3: the account that has a token with this hash, with that token only. */
export async function selectTokenHolder(query: Query, hash: string): Promise<AccountRecord | undefined> {
  const [row] = await query<TokenRow & { user: string; role: Role; made_at: number }>(SELECT_HOLDER, [hash]);
  return row && { user: row.user, role: row.role, at: row.made_at, tokens: [toToken(row)] };
}

/**
 * Loads these accounts for a change of the tokens or of who exists. Such changes run one after the other, in all servers: each
 * gives its tokens the next numbers.
 * @param orAllowing also those that allow one of these users.
 */
export const selectForChange =
  (users: readonly string[], orAllowing = false) =>
  async (query: Query): Promise<AccountTable> => {
    await query({ text: 'SELECT pg_advisory_xact_lock($1)' }, [CHANGE_LOCK]);
    const allowing = orAllowing ? "OR senders -> 'allowed' ?| $1::text[]" : '';
    const accounts = await select(query, `${SELECT} ${allowing} ORDER BY name FOR UPDATE`, users);
    const [row] = await query<{ issued: number }>({ text: ISSUED });
    return { issued: row?.issued ?? 0, accounts };
  };

/**
 * Loads this account and those named, for a change of who may write to it. Changes for several users run side by side, but not
 * beside one of who exists.
 */
export const selectForSenders =
  (owner: string, names: readonly string[]) =>
  async (query: Query): Promise<AccountTable> => {
    await query({ text: 'SELECT pg_advisory_xact_lock_shared($1)' }, [CHANGE_LOCK]);
    const own = await select(query, `${SELECT} FOR UPDATE`, [owner]);
    const accounts = new Map<string, AccountRecord>();
    const existing = await query<{ name: string }>({ text: 'SELECT name FROM account WHERE name = ANY($1)' }, [names]);
    for (const { name: user } of existing) accounts.set(user, { user, role: 'user', at: 0, tokens: [] }); // It exists.
    for (const [name, account] of own) accounts.set(name, account);
    return { issued: 0, accounts };
  };

/** All accounts. Nothing may change them meanwhile. */
export async function selectAllAccounts(query: Query): Promise<AccountTable> {
  const names = await query<{ name: string }>({ text: 'SELECT name FROM account' });
  const accounts = await select(
    query,
    `${SELECT} ORDER BY name`,
    names.map(({ name }) => name),
  );
  const [row] = await query<{ issued: number }>({ text: ISSUED });
  return { issued: row?.issued ?? 0, accounts };
}

/** Writes all accounts into empty tables. */
export async function saveNewAccounts(query: Query, { issued, accounts }: AccountTable): Promise<void> {
  const rows = [...accounts.values()];
  for (let start = 0; start < rows.length; start += SAVED_TOGETHER) {
    const some = rows.slice(start, start + SAVED_TOGETHER);
    await query({ text: SAVE_ACCOUNTS }, [JSON.stringify(some.map(({ tokens: _, ...row }) => row))]);
    const tokens = some.flatMap(({ user, tokens: own }) => own.map((token) => ({ user, ...token })));
    await query({ text: ADD_TOKENS }, [JSON.stringify(tokens)]);
  }
  if (issued > 0) await query({ text: "SELECT setval('generation', $1)" }, [issued]);
}

/** Accounts in one statement. */
const SAVED_TOGETHER = 5_000;

/** Writes how `after` differs from `before`. */
export async function saveChange(query: Query, before: AccountTable, after: AccountTable): Promise<void> {
  if (after === before) return;
  const removed = [...before.accounts.keys()].filter((user) => !after.accounts.has(user));
  if (removed.length > 0) await query({ text: 'DELETE FROM account WHERE name = ANY($1)' }, [removed]);
  const changed = [...after.accounts.values()].filter((account) => account !== before.accounts.get(account.user));
  const rows = changed
    .filter((account) => !isDeepStrictEqual(withoutTokens(account), withoutTokens(before.accounts.get(account.user))))
    .map(({ tokens: _, ...row }) => row);
  if (rows.length > 0) await query({ text: SAVE_ACCOUNTS }, [JSON.stringify(rows)]);
  const tokensOf = (table: AccountTable) =>
    changed.flatMap(({ user }) => table.accounts.get(user)?.tokens.map((token) => ({ user, ...token })) ?? []);
  const kept = new Set(tokensOf(after).map(({ generation }) => generation));
  const known = new Set(tokensOf(before).map(({ generation }) => generation));
  const revoked = tokensOf(before).filter(({ generation }) => !kept.has(generation));
  if (revoked.length > 0)
    await query({ text: REVOKE }, [revoked.map(({ user }) => user), revoked.map(({ generation }) => generation)]);
  const added = tokensOf(after).filter(({ generation }) => !known.has(generation));
  if (added.length > 0) await query({ text: ADD_TOKENS }, [JSON.stringify(added)]);
  if (after.issued !== before.issued) await query({ text: "SELECT setval('generation', $1)" }, [after.issued]);
}

async function select(query: Query, sql: string, users: readonly string[]): Promise<Map<string, AccountRecord>> {
  const accounts = await query<AccountRow>({ text: sql }, [users]);
  const names = accounts.map(({ name }) => name);
  const tokens =
    names.length === 0 ? [] : await query<TokenRow & { account: string }>({ text: SELECT_TOKENS }, [names]);
  const tokensOf = new Map<string, TokenRow[]>(names.map((name) => [name, []]));
  for (const token of tokens) tokensOf.get(token.account)?.push(token);
  return new Map(accounts.map((row) => [row.name, toRecord(row, tokensOf.get(row.name) ?? [])]));
}

interface AccountRow {
  readonly name: string;
  readonly role: Role;
  readonly at: number;
  readonly senders: Senders | null;
}

interface TokenRow {
  readonly name: string;
  readonly generation: number;
  readonly at: number;
  readonly used_at: number | null;
  readonly hash: string;
}

const toRecord = ({ name, role, at, senders }: AccountRow, tokens: readonly TokenRow[]): AccountRecord => ({
  user: name,
  role,
  at,
  tokens: tokens.map(toToken),
  ...(senders && { senders }),
});

const withoutTokens = (account: AccountRecord | undefined): unknown => account && { ...account, tokens: undefined };

const toToken = ({ name, at, generation, hash, used_at }: TokenRow): TokenRecord => ({
  name,
  at,
  generation,
  hash,
  ...(used_at !== null && { usedAt: used_at }),
});

const SELECT = 'SELECT name, role, at, senders FROM account WHERE name = ANY($1::text[])';

/** In the order in which they were made. */
const SELECT_TOKENS =
  'SELECT account, name, generation, at, used_at, hash FROM token WHERE account = ANY($1) ORDER BY generation';

/** No row for a user without tokens: nobody can log in. */
const SELECT_LOGIN = {
  name: 'login',
  text: `
    SELECT account.role, account.at AS made_at, token.name, token.generation, token.at, token.used_at, token.hash
    FROM account JOIN token ON token.account = account.name
    WHERE account.name = $1`,
};

/** By the index token_hash. */
const SELECT_HOLDER = {
  name: 'token-holder',
  text: `
    SELECT account.name AS "user", account.role, account.at AS made_at,
      token.name, token.generation, token.at, token.used_at, token.hash
    FROM token JOIN account ON account.name = token.account
    WHERE token.hash = $1`,
};

/** How many tokens were ever issued. */
const ISSUED = 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS issued FROM generation';

const SAVE_ACCOUNTS = `
INSERT INTO account (name, role, at, senders)
SELECT "user", role, at, senders
FROM jsonb_to_recordset($1::jsonb) AS given ("user" text, role text, at bigint, senders jsonb)
ON CONFLICT (name) DO UPDATE SET senders = excluded.senders`;

const REVOKE = `
DELETE FROM token USING unnest($1::text[], $2::bigint[]) AS given (account, generation)
WHERE token.account = given.account AND token.generation = given.generation`;

const ADD_TOKENS = `
INSERT INTO token (account, name, generation, at, hash, used_at)
SELECT "user", name, generation, at, hash, "usedAt"
FROM jsonb_to_recordset($1::jsonb) AS given ("user" text, name text, generation bigint, at bigint, hash text, "usedAt" bigint)`;
