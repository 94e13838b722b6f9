/** All accounts as one value, and the changes to it: nothing here is kept or written. */
import type { Role } from '../protocol/frames/account.js';
import { AccountError, type AccountInfo, type IssuedAccount } from './accounts.js';
import { createToken, hashToken } from './credentials.js';

export interface AccountRecord extends AccountInfo {
  /** The number of this user's token: no other token, of whomever, ever had it. */
  readonly generation: number;
  readonly tokenHash: string;
}

export interface AccountTable {
  /** Tokens issued so far. It outlives removed users, so that a name given again is not the same identity (R7). */
  readonly issued: number;
  /** By name, in a Map: users choose names such as `constructor` (storage 9). */
  readonly accounts: ReadonlyMap<string, AccountRecord>;
}

/** A register that should come to be, and the tokens it gave. */
export interface AccountChange {
  readonly register: AccountTable;
  readonly issued: readonly IssuedAccount[];
}

export const EMPTY_ACCOUNT_TABLE: AccountTable = { issued: 0, accounts: new Map() };

/** @throws AccountError `exists` when one of them is there, or is named twice. */
export function addAccounts(register: AccountTable, users: readonly string[], role: Role, at: number): AccountChange {
  const names = new Set(register.accounts.keys());
  for (const user of users) {
    if (names.has(user)) throw new AccountError('exists', user);
    names.add(user);
  }
  return issueTokens(
    register,
    users.map((user) => ({ user, role, at, token: createToken() })),
  );
}

/** @throws AccountError `unknown`. */
export function rotateTokens(register: AccountTable, users: readonly string[]): AccountChange {
  return issueTokens(
    register,
    [...new Set(users)].map((user) => ({ ...toAccountInfo(find(register, user)), token: createToken() })),
  );
}

/** @throws AccountError `unknown`. */
export function removeAccounts(register: AccountTable, users: readonly string[]): AccountChange {
  const accounts = new Map(register.accounts);
  for (const user of new Set(users)) accounts.delete(find(register, user).user);
  return { register: { ...register, accounts }, issued: [] };
}

/** Each of these gets this token, known user or not. */
export function issueTokens(register: AccountTable, issued: readonly IssuedAccount[]): AccountChange {
  const accounts = new Map(register.accounts);
  let generation = register.issued;
  for (const { token, ...info } of issued) {
    generation++;
    accounts.set(info.user, { ...info, generation, tokenHash: hashToken(token) });
  }
  return { register: { issued: generation, accounts }, issued };
}

/** What may be told of an account. */
const toAccountInfo = ({ user, role, at }: AccountRecord): AccountInfo => ({ user, role, at });

/** Everybody by name. */
export const listAccounts = ({ accounts }: AccountTable): readonly AccountInfo[] =>
  [...accounts.keys()].sort().map((user) => toAccountInfo(accounts.get(user) as AccountRecord));

function find({ accounts }: AccountTable, user: string): AccountRecord {
  const account = accounts.get(user);
  if (!account) throw new AccountError('unknown', user);
  return account;
}
