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
import { isUserName } from '../protocol/field-types.js';
import { ROLES } from '../protocol/frames/account.js';
import { type AccountRecord, type AccountTable, issueTokens, listAccounts, sendersOf } from './account-table.js';
import { AccountError, type AccountInfo, type Accounts, AccountsUnavailable, type Senders } from './accounts.js';
import { createToken, isTokenHash, matchesToken } from './credentials.js';
import {
  findOperatorToken,
  OPERATOR,
  operatorTokenPath,
  removeOperatorToken,
  writeOperatorToken,
} from './operator-token.js';
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
  readonly users: readonly AccountRecord[];
}

const FORMAT = 1;
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
    const operator = issued.find(({ user }) => user === OPERATOR);
    const isOperatorRemoved = before.accounts.has(OPERATOR) && !table.accounts.has(OPERATOR);
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
    const change = issueTokens(table, [operator]);
    await save(change, table);
    table = change.table;
    log.info('operator token set', { path: operatorTokenPath(folder), isNew: token === undefined });
  }
  return new SavedAccounts(table, save);
}

/** Reads the accounts; takes no lock, changes nothing (R19). @throws Damaged, FileEmpty, FileMissing, NewerFormat. */
export async function readAccounts(folder: string, files: Files = realFiles): Promise<readonly AccountInfo[]> {
  const path = usersPath(folder);
  return listAccounts(tableOf(await readJsonFile<Users>({ files, path, format: FORMAT }), path));
}

/** Who may write to a user; as `readAccounts`. @throws AccountError `unknown`, also without users.json. */
export async function readSenders(folder: string, user: string, files: Files = realFiles): Promise<Senders> {
  const path = usersPath(folder);
  try {
    return sendersOf(tableOf(await readJsonFile<Users>({ files, path, format: FORMAT }), path), user);
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
  const path = usersPath(from);
  const users = await readJsonFile<Users>({ files, path, format: FORMAT });
  const accounts = listAccounts(tableOf(users, path));
  const token = await findOperatorToken(files, from);
  if (token !== undefined) await writeOperatorToken(files, to, token);
  await writeJsonFile({ files, path: usersPath(to), format: FORMAT }, users);
  return accounts;
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

const isOperator = (account: AccountRecord | undefined, token: string | undefined): boolean =>
  account?.role === 'operator' && token !== undefined && matchesToken(token, account.tokenHash);

function usersOf({ issued, accounts }: AccountTable): Users {
  return { issued, users: [...accounts.values()].sort((a, b) => (a.user < b.user ? -1 : 1)) };
}

function tableOf({ issued, users }: Users, path: string): AccountTable {
  const accounts = new Map<string, AccountRecord>();
  if (!Number.isSafeInteger(issued) || !Array.isArray(users))
    throw new Damaged(path, undefined, 'it has no list of users');
  for (const record of users) {
    const fault = faultOf(record, issued, accounts);
    if (fault !== undefined)
      throw new Damaged(path, undefined, `the entry of ${JSON.stringify(record?.user)} ${fault}`);
    accounts.set(record.user, record);
  }
  return { issued, accounts };
}

function faultOf(record: AccountRecord, issued: number, known: ReadonlyMap<string, AccountRecord>): string | undefined {
  if (typeof record?.user !== 'string' || !isUserName(record.user)) return 'has no user name';
  if (known.has(record.user)) return 'is there twice';
  if (!ROLES.includes(record.role)) return 'has no role';
  if (!Number.isSafeInteger(record.at)) return 'has no time';
  if (!Number.isSafeInteger(record.generation) || record.generation > issued) return 'has a number never issued';
  if (record.senders !== undefined && !areSenders(record.senders)) return 'has no list of senders';
  if (typeof record.tokenHash !== 'string' || !isTokenHash(record.tokenHash)) return 'has no token hash';
  return undefined;
}
