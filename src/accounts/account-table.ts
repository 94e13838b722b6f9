/** All accounts as an immutable table, and its changes. Pure: nothing is saved here. */
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../protocol/frames/account.js';
import { WIRE } from '../protocol/limits.js';
import {
  AccountError,
  type AccountInfo,
  type Identity,
  type IssuedAccount,
  type IssuedToken,
  type Senders,
  type SendersChange,
  type TokenInfo,
} from './accounts.js';
import { createToken, hashToken } from './credentials.js';
import { admitEverybody, changeSenders, EVERYBODY, withoutSender } from './sender-rules.js';

export interface TokenRecord extends TokenInfo {
  /** Unique among all tokens ever issued. */
  readonly generation: number;
  readonly hash: string;
}

export interface AccountRecord extends AccountInfo {
  /** In the order in which they were made. Empty: nobody can log in as this user. */
  readonly tokens: readonly TokenRecord[];
  /** Who may write to this user, if not everybody. */
  readonly senders?: Senders;
}

export interface AccountTable {
  /** How many tokens were ever issued. Never decreases, so that a removed and added user is a new identity (R7). */
  readonly issued: number;
  /** By name. A Map, because users may have names such as `constructor` (storage 9). */
  readonly accounts: ReadonlyMap<string, AccountRecord>;
}

/** A changed table, and the tokens that the change issued. */
export interface AccountChange<I extends IssuedAccount = IssuedAccount> {
  readonly table: AccountTable;
  readonly issued: readonly I[];
}

/** When tokens were last used, ms since 1970, by their `generation`. */
export type TokenUses = ReadonlyMap<number, { readonly user: string; readonly at: number }>;

/** The token that a user gets when added, or rotated. */
export const MAIN_TOKEN = 'main';

/**
 * The token with this hash, and whom it makes known: undefined for an unknown user or a wrong token. R3: a wrong token costs the same
 * for a user with 64 tokens, with one, and for one who is unknown: nearly all of it is the hash, which the caller makes in any case. How
 * long comparing takes may tell something about a hash, but a hash is no help to find the 256 random bits of a token.
 */
export function matchToken(
  account: AccountRecord | undefined,
  hash: string,
): { readonly token: TokenRecord; readonly identity: Identity } | undefined {
  const token = account?.tokens.find((each) => each.hash === hash);
  if (!account || !token) return undefined;
  return { token, identity: { user: account.user, role: account.role, generation: token.generation } };
}

/** Adds users with new tokens. @throws AccountError `exists` when one of them exists, or is given twice. */
export function addAccounts(table: AccountTable, users: readonly string[], role: Role, at: number): AccountChange {
  const names = new Set(table.accounts.keys());
  for (const user of users) {
    if (names.has(user)) throw new AccountError('exists', user);
    names.add(user);
  }
  return setTokens(
    table,
    users.map((user) => ({ user, role, at, token: createToken() })),
    at,
  );
}

/** Replaces all tokens of these users by one new token each. @throws AccountError `unknown`. */
export function rotateTokens(table: AccountTable, users: readonly string[], at: number): AccountChange {
  return setTokens(
    table,
    [...new Set(users)].map((user) => ({ ...toAccountInfo(find(table, user)), token: createToken() })),
    at,
  );
}

/** Removes these users, also from the names that others allow. @throws AccountError `unknown`. */
export function removeAccounts(table: AccountTable, users: readonly string[]): AccountChange {
  const accounts = new Map(table.accounts);
  const removed = new Set(users);
  for (const user of removed) accounts.delete(find(table, user).user);
  for (const account of accounts.values()) {
    const senders = account.senders && withoutSender(account.senders, (name) => removed.has(name));
    if (senders !== account.senders) accounts.set(account.user, withSenders(account, senders));
  }
  return { table: { ...table, accounts }, issued: [] };
}

/** Who may write to a user. @throws AccountError `unknown`. */
export const sendersOf = (table: AccountTable, user: string): Senders => find(table, user).senders ?? EVERYBODY;

/** Changes who may write to a user. The same table if nothing changes. @throws AccountError as Accounts.changeSenders. */
export function changeSendersOf(table: AccountTable, user: string, change: SendersChange): AccountTable {
  const account = find(table, user);
  const before = sendersOf(table, user);
  const senders = changeSenders(user, before, change, (name) => table.accounts.has(name));
  if (isDeepStrictEqual(before, senders)) return table;
  return { ...table, accounts: new Map(table.accounts).set(user, withSenders(account, senders)) };
}

/** An account that admits everybody has no rules. */
function withSenders({ senders: _, ...account }: AccountRecord, senders: Senders | undefined): AccountRecord {
  return { ...account, ...(senders && !admitEverybody(senders) && { senders }) };
}

/** Sets the only token of these users, MAIN_TOKEN; an unknown user is added. @param at when the tokens are made. */
export function setTokens(table: AccountTable, issued: readonly IssuedAccount[], at: number): AccountChange {
  const accounts = new Map(table.accounts);
  let generation = table.issued;
  for (const { token, ...info } of issued) {
    generation++;
    const tokens = [{ name: MAIN_TOKEN, at, generation, hash: hashToken(token) }];
    accounts.set(info.user, { ...accounts.get(info.user), ...info, tokens }); // the same user, with all that belongs to it
  }
  return { table: { issued: generation, accounts }, issued };
}

/** Adds a token beside the others. @throws AccountError `unknown`; `token` when there is one of this name, or too many. */
export function addToken(table: AccountTable, user: string, name: string, at: number): AccountChange<IssuedToken> {
  const account = find(table, user);
  if (account.tokens.some((token) => token.name === name))
    throw new AccountError('token', user, `${user} has a token ${name} already`);
  if (account.tokens.length >= WIRE.maxTokensPerUser)
    throw new AccountError('token', user, `${user} has ${WIRE.maxTokensPerUser} tokens, as many as allowed`);
  const generation = table.issued + 1;
  const token = createToken();
  const tokens = [...account.tokens, { name, at, generation, hash: hashToken(token) }];
  return {
    table: { issued: generation, accounts: new Map(table.accounts).set(user, { ...account, tokens }) },
    issued: [{ ...toAccountInfo(account), name, token }],
  };
}

/** @throws AccountError `unknown`; `token` when there is none of this name. */
export function revokeToken(table: AccountTable, user: string, name: string): AccountChange {
  const account = find(table, user);
  const tokens = account.tokens.filter((token) => token.name !== name);
  if (tokens.length === account.tokens.length) throw new AccountError('token', user, `${user} has no token ${name}`);
  return { table: { ...table, accounts: new Map(table.accounts).set(user, { ...account, tokens }) }, issued: [] };
}

/** The table with these times; those of tokens that are gone are dropped. */
export function withUses(table: AccountTable, uses: TokenUses): AccountTable {
  if (uses.size === 0) return table;
  const accounts = new Map(table.accounts);
  for (const user of new Set([...uses.values()].map((use) => use.user))) {
    const account = accounts.get(user);
    if (!account) continue;
    const tokens = account.tokens.map((token) => ({ ...token, ...usedAtOf(token, uses) }));
    accounts.set(user, { ...account, tokens });
  }
  return { ...table, accounts };
}

/** The tokens of a user, without their hashes. @throws AccountError `unknown`. */
export const listTokens = (table: AccountTable, user: string, uses: TokenUses = new Map()): readonly TokenInfo[] =>
  find(table, user).tokens.map((token) => ({ name: token.name, at: token.at, ...usedAtOf(token, uses) }));

function usedAtOf({ generation, usedAt }: TokenRecord, uses: TokenUses): { readonly usedAt?: number } {
  const at = uses.get(generation)?.at ?? usedAt;
  return at === undefined ? {} : { usedAt: at };
}

/** Without the tokens. */
const toAccountInfo = ({ user, role, at }: AccountRecord): AccountInfo => ({ user, role, at });

/** The accounts of these users, as far as there are any, sorted by name. Default: all. */
export const listAccounts = (
  { accounts }: AccountTable,
  users: readonly string[] = [...accounts.keys()],
): readonly AccountInfo[] =>
  [...users]
    .sort()
    .flatMap((user) => accounts.get(user) ?? [])
    .map(toAccountInfo);

function find({ accounts }: AccountTable, user: string): AccountRecord {
  const account = accounts.get(user);
  if (!account) throw new AccountError('unknown', user);
  return account;
}
