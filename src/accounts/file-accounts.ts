/**
 * Accounts in a data folder: users.json and operator.token. One writer at a time: the caller holds the folder's lock.
 *
 * operator.token is authoritative for the operator's account. It is written or removed before users.json, and the next
 * start repairs a crash between the two: a token without its hash is added to users.json, an account without its token
 * gets a new one. So a revoked token never becomes valid again.
 */
import { join } from 'node:path';
import { Damaged, FileMissing, isTemporary } from '../disk/disk-errors.js';
import { openJsonFile, readJsonFile, writeJsonFile } from '../disk/json-file.js';
import type { Clock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { type Log, silentLog } from '../io/log.js';
import { isPrivate } from '../io/permissions.js';
import { isUserName } from '../protocol/fields.js';
import { ROLES } from '../protocol/frames/account.js';
import {
  type AccountRecord,
  type AccountTable,
  listAccounts,
  listTokens,
  MAIN_TOKEN,
  sendersOf,
  setTokens,
  type TokenRecord,
} from './account-table.js';
import {
  AccountError,
  type AccountInfo,
  type Accounts,
  AccountsUnavailable,
  OPERATOR,
  type Senders,
  type TokenInfo,
} from './accounts.js';
import { createToken, hashToken, isTokenHash } from './credentials.js';
import { findOperatorToken, operatorTokenPath, removeOperatorToken, writeOperatorToken } from './operator-token.js';
import { type SaveChange, SavedAccounts } from './saved-accounts.js';
import { areSenders } from './sender-rules.js';

interface FileAccountsOptions {
  /** The data folder. Created if it does not exist. */
  readonly folder: string;
  readonly files?: Files;
  readonly clock: Clock;
  readonly log?: Log;
}

/** The document in users.json. */
interface Users {
  readonly issued: number;
  readonly users: readonly (AccountRecord | AccountRecord1)[];
}

/** 2: several tokens for each user. A file of format 1 is read, and written as format 2 at the first change. */
const FORMAT = 2;

/** An account in format 1: it has one token. When that was made is unknown. */
type AccountRecord1 = Omit<AccountRecord, 'tokens'> & { readonly generation: number; readonly tokenHash: string };
const usersPath = (folder: string): string => join(folder, 'users.json');

/**
 * Opens the accounts for changes. Creates the operator and its token if they are missing; durable when it resolves.
 * @throws Damaged, FileEmpty, NewerFormat when users.json cannot be used, or is missing beside a store; OperatorTokenError
 * `malformed`.
 */
export async function openAccounts(options: FileAccountsOptions): Promise<Accounts> {
  const { folder, files = realFiles, clock, log = silentLog } = options;
  await files.makeFolder(folder);
  const path = usersPath(folder);
  const names = await files.list(folder);
  if (names.includes('store.json') && !names.includes('users.json')) {
    throw new Damaged(path, undefined, 'it is missing, but there is a store');
  }
  const file = await openJsonFile<Users>({ files, path, format: FORMAT }, { issued: 0, users: [] });
  const save: SaveChange = async ({ table, issued }, before) => {
    const main = mainTokenOf(table.accounts.get(OPERATOR));
    const isNew = main?.generation !== mainTokenOf(before.accounts.get(OPERATOR))?.generation;
    const operator = isNew ? issued.find(({ user }) => user === OPERATOR) : undefined;
    const isOperatorRemoved = before.accounts.has(OPERATOR) && !table.accounts.has(OPERATOR);
    if (table.accounts.has(OPERATOR) && !main) throw new AccountError('token', OPERATOR, MAIN_IS_OPERATORS);
    const oldToken = operator || isOperatorRemoved ? await findOperatorToken(files, folder) : undefined;
    try {
      if (operator) await writeOperatorToken(files, folder, operator.token);
      if (isOperatorRemoved) await removeOperatorToken(files, folder);
      file.data = usersOf(table);
      await file.write();
    } catch (error) {
      if (!isTemporary(error)) throw error;
      if (oldToken !== undefined) await writeOperatorToken(files, folder, oldToken); // It is still valid.
      throw new AccountsUnavailable(`${path} cannot be written now`, { cause: error });
    }
  };

  let table = tableOf(file.data, path);
  const token = await findOperatorToken(files, folder);
  if (!isOperator(table.accounts.get(OPERATOR), token)) {
    const operator = { user: OPERATOR, role: 'operator', at: clock.now(), token: token ?? createToken() } as const;
    const change = setTokens(table, [operator], operator.at);
    await save(change, table);
    table = change.table;
    log.info('operator token set', { path: operatorTokenPath(folder), isNew: token === undefined });
  }
  return new SavedAccounts(table, save, log);
}

const MAIN_IS_OPERATORS = `the token ${MAIN_TOKEN} of ${OPERATOR} is that in operator.token; im user rotate ${OPERATOR} replaces it`;

/** Reads the accounts; takes no lock, changes nothing (R19). @throws Damaged, FileEmpty, FileMissing, NewerFormat. */
export const readAccounts = async (folder: string, files: Files = realFiles): Promise<readonly AccountInfo[]> =>
  listAccounts(await readAccountTable(folder, files));

/** The same for the tokens of a user. @throws AccountError `unknown`. */
export const readTokens = async (folder: string, user: string): Promise<readonly TokenInfo[]> =>
  listTokens(await readAccountTable(folder), user);

/** All accounts, with the hashes of their tokens; as `readAccounts`. */
export async function readAccountTable(folder: string, files: Files = realFiles): Promise<AccountTable> {
  const path = usersPath(folder);
  return tableOf(await readJsonFile<Users>({ files, path, format: FORMAT }), path);
}

/** Who may write to a user; as `readAccounts`. @throws AccountError `unknown`, also without users.json. */
export async function readSenders(folder: string, user: string, files: Files = realFiles): Promise<Senders> {
  try {
    return sendersOf(await readAccountTable(folder, files), user);
  } catch (error) {
    throw error instanceof FileMissing ? new AccountError('unknown', user) : error;
  }
}

/** Copies users.json and operator.token into another folder. Durable when it resolves. @throws as `readAccounts`. */
export async function copyAccounts(
  from: string,
  to: string,
  files: Files = realFiles,
): Promise<readonly AccountInfo[]> {
  const table = await readAccountTable(from, files);
  const token = await findOperatorToken(files, from);
  if (token !== undefined) await writeOperatorToken(files, to, token);
  await writeAccountTable(to, table, files);
  return listAccounts(table);
}

/** Writes users.json; operator.token is missing then, and the next start of a server makes one. Durable when it resolves. */
export async function writeAccountTable(folder: string, table: AccountTable, files: Files = realFiles): Promise<void> {
  await writeJsonFile({ files, path: usersPath(folder), format: FORMAT }, usersOf(table));
}

/** The paths among the folder, users.json and operator.token that other users may read (R20). They must exist. */
export async function findExposed(folder: string): Promise<readonly string[]> {
  const paths = [folder, usersPath(folder), operatorTokenPath(folder)];
  const exposed: string[] = [];
  for (const path of paths) {
    if (!(await isPrivate(path))) exposed.push(path);
  }
  return exposed;
}

function isOperator(account: AccountRecord | undefined, token: string | undefined): boolean {
  const main = mainTokenOf(account);
  return account?.role === 'operator' && token !== undefined && main?.hash === hashToken(token);
}

const mainTokenOf = (account: AccountRecord | undefined): TokenRecord | undefined =>
  account?.tokens.find(({ name }) => name === MAIN_TOKEN);

function usersOf({ issued, accounts }: AccountTable): Users {
  return { issued, users: [...accounts.values()].sort((a, b) => (a.user < b.user ? -1 : 1)) };
}

function tableOf({ issued, users }: Users, path: string): AccountTable {
  const accounts = new Map<string, AccountRecord>();
  if (!Number.isSafeInteger(issued) || !Array.isArray(users))
    throw new Damaged(path, undefined, 'it has no list of users');
  for (const entry of users) {
    const record = toRecord(entry);
    const fault = faultOf(record, issued, accounts);
    if (fault !== undefined)
      throw new Damaged(path, undefined, `the entry of ${JSON.stringify(record?.user)} ${fault}`);
    accounts.set(record.user, record);
  }
  return { issued, accounts };
}

function toRecord(entry: AccountRecord | AccountRecord1): AccountRecord {
  if (typeof entry !== 'object' || entry === null || !('tokenHash' in entry)) return entry;
  const { tokenHash: hash, generation, ...info } = entry;
  return { ...info, tokens: [{ name: MAIN_TOKEN, at: info.at, generation, hash }] };
}

function faultOf(record: AccountRecord, issued: number, known: ReadonlyMap<string, AccountRecord>): string | undefined {
  if (typeof record?.user !== 'string' || !isUserName(record.user)) return 'has no user name';
  if (known.has(record.user)) return 'is there twice';
  if (!ROLES.includes(record.role)) return 'has no role';
  if (!Number.isSafeInteger(record.at)) return 'has no time';
  if (!Array.isArray(record.tokens)) return 'has no tokens';
  if (new Set(record.tokens.map((token) => token?.name)).size < record.tokens.length) return 'has a token twice';
  for (const token of record.tokens) {
    const fault = tokenFaultOf(token, issued);
    if (fault !== undefined) return fault;
  }
  if (record.senders !== undefined && !areSenders(record.senders)) return 'has no list of senders';
  return undefined;
}

function tokenFaultOf(token: TokenRecord, issued: number): string | undefined {
  if (typeof token?.name !== 'string' || !isUserName(token.name)) return 'has a token without a name';
  if (!Number.isSafeInteger(token.at) || !Number.isSafeInteger(token.usedAt ?? 0)) return 'has a token without a time';
  if (!Number.isSafeInteger(token.generation) || token.generation > issued) return 'has a number never issued';
  if (typeof token.hash !== 'string' || !isTokenHash(token.hash)) return 'has no token hash';
  return undefined;
}
