/** All accounts as an immutable table, and its changes. Pure: nothing is saved here. */
import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../protocol/frames/account.js';
import { AccountError, type AccountInfo, type IssuedAccount, type Senders, type SendersChange } from './accounts.js';
import { createToken, hashToken } from './credentials.js';
import { admitEverybody, changeSenders, EVERYBODY, withoutSender } from './sender-rules.js';

export interface AccountRecord extends AccountInfo {
  /** Number of the user's token, unique among all tokens ever issued. */
  readonly generation: number;
  readonly tokenHash: string;
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
export interface AccountChange {
  readonly table: AccountTable;
  readonly issued: readonly IssuedAccount[];
}

/** Adds users with new tokens. @throws AccountError `exists` when one of them exists, or is given twice. */
export function addAccounts(table: AccountTable, users: readonly string[], role: Role, at: number): AccountChange {
  const names = new Set(table.accounts.keys());
  for (const user of users) {
    if (names.has(user)) throw new AccountError('exists', user);
    names.add(user);
  }
  return issueTokens(
    table,
    users.map((user) => ({ user, role, at, token: createToken() })),
  );
}

/** Replaces the tokens of these users. @throws AccountError `unknown`. */
export function rotateTokens(table: AccountTable, users: readonly string[]): AccountChange {
  return issueTokens(
    table,
    [...new Set(users)].map((user) => ({ ...toAccountInfo(find(table, user)), token: createToken() })),
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

/** Sets the given tokens; an unknown user is added. */
export function issueTokens(table: AccountTable, issued: readonly IssuedAccount[]): AccountChange {
  const accounts = new Map(table.accounts);
  let generation = table.issued;
  for (const { token, ...info } of issued) {
    generation++;
    const { senders } = accounts.get(info.user) ?? {}; // a new token is the same user
    accounts.set(info.user, { ...info, generation, tokenHash: hashToken(token), ...(senders && { senders }) });
  }
  return { table: { issued: generation, accounts }, issued };
}

/** Without the hash. */
const toAccountInfo = ({ user, role, at }: AccountRecord): AccountInfo => ({ user, role, at });

/** All accounts, sorted by name. */
export const listAccounts = ({ accounts }: AccountTable): readonly AccountInfo[] =>
  [...accounts.keys()].sort().map((user) => toAccountInfo(accounts.get(user) as AccountRecord));

function find({ accounts }: AccountTable, user: string): AccountRecord {
  const account = accounts.get(user);
  if (!account) throw new AccountError('unknown', user);
  return account;
}
