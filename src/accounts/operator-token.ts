/** The operator's token, kept in the data folder: whoever can read that folder is an operator of its server. */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import { removeIfThere, writeAll } from '../disk/json-file.js';
import { type Files, realFiles } from '../io/files.js';
import { isPrivate } from '../io/permissions.js';
import { isToken } from './credentials.js';

/** The user whose token this is. */
export const OPERATOR = 'operator';

export const operatorTokenPath = (folder: string): string => join(folder, 'operator.token');

/** Why the file cannot be used, and what to do about it. */
export class OperatorTokenError extends Error {
  override readonly name = 'OperatorTokenError';
  constructor(
    readonly reason: 'missing' | 'not-private' | 'malformed',
    readonly path: string,
  ) {
    super(`${path} ${SAYS[reason]}`);
  }
}

const SAYS = {
  missing: 'is not there: `im serve` makes it at its first start',
  'not-private':
    "can be read by others: rotate the operator's token, or run chmod 600 on the file if nobody has read it",
  malformed: 'does not hold a token: remove it and start the server again, which makes a new one',
} as const;

/**
 * For commands on the same machine and account. Changes nothing.
 * @throws OperatorTokenError; also when others may read the file, as ssh does with a private key.
 */
export async function readOperatorToken(folder: string): Promise<string> {
  const token = await findOperatorToken(realFiles, folder);
  const path = operatorTokenPath(folder);
  if (token === undefined) throw new OperatorTokenError('missing', path);
  if (!(await isPrivate(path))) throw new OperatorTokenError('not-private', path);
  return token;
}

/** Undefined if the file is not there. @throws OperatorTokenError `malformed`. */
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

/** Durable when it resolves; until then the old token stands, whole (storage 5). */
export async function writeOperatorToken(files: Files, folder: string, token: string): Promise<void> {
  const path = operatorTokenPath(folder);
  const temporary = `${path}.tmp`;
  await removeIfThere(files, temporary);
  const file = await files.append(temporary, { new: true });
  try {
    await writeAll(file, Buffer.from(`${token}\n`));
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, path);
  await files.syncFolder(folder);
}

/** Durable when it resolves. */
export async function removeOperatorToken(files: Files, folder: string): Promise<void> {
  await removeIfThere(files, operatorTokenPath(folder));
  await files.syncFolder(folder);
}
