/** Reads the token that the user gives in a file or on standard input; it is never the value of a flag. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isPrivate } from '../../io/permissions.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';

/** Bytes read before the first line is given up; far longer than any token. */
const MAX_TOKEN_BYTES = 4096;
const NEWLINE = 0x0a;

/** @throws Failure `credential-refused` when it cannot be read. */
export async function readTokenFile(path: string, output: Output): Promise<string> {
  try {
    const file = await open(path);
    try {
      if (!(await isPrivate(path)))
        output.note(safe`im: others can read ${inline(path)}: make it private with chmod 600`);
      return await readFirstLine(file.createReadStream({ autoClose: false }), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const why = (cause as Error).message;
    throw new Failure('credential-refused', `the token in ${path} cannot be read`, { why, cause });
  }
}

/**
 * The first line, trimmed. The bytes after it go back into the stream.
 * @throws Failure `credential-refused` when it is empty.
 */
export async function readFirstLine(stream: Readable, where: string): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Uint8Array]);
    if (bytes.includes(NEWLINE) || bytes.length > MAX_TOKEN_BYTES) break;
  }
  const end = bytes.indexOf(NEWLINE);
  if (end !== -1) stream.unshift(bytes.subarray(end + 1));
  const token = bytes.toString('utf8', 0, end === -1 ? bytes.length : end).trim();
  if (token !== '') return token;
  throw new Failure('credential-refused', `there is no token in ${where}`, {
    next: 'its first line must be the token',
  });
}
