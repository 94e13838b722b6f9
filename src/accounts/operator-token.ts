/** The operator's token in the data folder: everybody who can read it is an operator of the server. */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import { removeIfThere } from '../disk/json-file.js';
import { type Files, realFiles } from '../io/files.js';
import { isPrivate, isTrusted } from '../io/permissions.js';
import { isToken } from './credentials.js';
import { writeTokenFile } from './token-file.js';

export const operatorTokenPath = (folder: string): string => join(folder, 'operator.token');

/** The file cannot be used. The message tells what to do. */
export class OperatorTokenError extends Error {
  override readonly name = 'OperatorTokenError';
  constructor(
    readonly reason: keyof typeof DESCRIPTIONS,
    readonly path: string,
  ) {
    super(`${path} ${DESCRIPTIONS[reason]}`);
  }
}

const DESCRIPTIONS = {
  missing: 'does not exist: `im serve` creates it at its first start',
  'not-private':
    "can be read by other users: rotate the operator's token, or run chmod 600 on the file if nobody has read it",
  foreign: 'belongs to another account, who could have put any token there: run im as the account of the server',
  malformed: 'is not a token: remove it and restart the server, which creates a new one',
} as const;

/**
 * Reads the token, for commands on the same machine and account. Changes nothing.
 * @throws OperatorTokenError; like ssh with a private key, also when other users own it or may read it.
 */
export async function readOperatorToken(folder: string): Promise<string> {
  const token = await findOperatorToken(realFiles, folder);
  const path = operatorTokenPath(folder);
  if (token === undefined) throw new OperatorTokenError('missing', path);
  if (!(await isTrusted(path))) throw new OperatorTokenError('foreign', path);
  if (!(await isPrivate(path))) throw new OperatorTokenError('not-private', path);
  return token;
}

/** Undefined if the file does not exist. @throws OperatorTokenError `malformed`. */
export async function findOperatorToken(files: Files, folder: string): Promise<string | undefined> {
  const path = operatorTokenPath(folder);
  try {
    const token = (await files.read(path)).toString('latin1').trim();
    if (!isToken(token)) throw new OperatorTokenError('malformed', path);
    return token;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces the file atomically. Durable when it resolves. */
export const writeOperatorToken = (files: Files, folder: string, token: string): Promise<void> =>
  writeTokenFile(files, operatorTokenPath(folder), token, `${operatorTokenPath(folder)}.tmp`);

/** Removes the file. Durable when it resolves. */
export async function removeOperatorToken(files: Files, folder: string): Promise<void> {
  await removeIfThere(files, operatorTokenPath(folder));
  await files.syncFolder(folder);
}
