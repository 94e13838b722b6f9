/** Reads the token that the user gives in a file or on standard input; it is never the value of a flag. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isPrivate } from '../../io/permissions.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';

/** Bytes read before the end of a line is given up; far longer than any token. */
const MAX_LINE_BYTES = 4096;
const NEWLINE = 0x0a;
const PRINTABLE = /^[\x21-\x7e]+$/;

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

/** The next line, without its end; undefined at the end of the stream. The bytes after that line go back into the stream. */
export async function readLine(stream: Readable): Promise<string | undefined> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Uint8Array]);
    if (bytes.includes(NEWLINE) || bytes.length > MAX_LINE_BYTES) break;
  }
  const end = bytes.indexOf(NEWLINE);
  if (end === -1) return bytes.length === 0 ? undefined : bytes.toString('utf8');
  stream.unshift(bytes.subarray(end + 1));
  return bytes.toString('utf8', 0, end);
}

/**
 * The token in the first line. The bytes after that line go back into the stream.
 * @throws Failure `credential-refused` when there is none.
 */
export async function readFirstLine(stream: Readable, where: string): Promise<string> {
  return tokenIn((await readLine(stream)) ?? '', where);
}

/**
 * The token in the first line of a text, without spaces, a byte order mark and the CR of a line end: wherever a token comes from.
 * @throws Failure `credential-refused` when there is none, or when it has characters that no token has.
 */
export function tokenIn(text: string, where: string): string {
  const [line = ''] = text.split('\n', 1);
  const token = line.trim();
  if (PRINTABLE.test(token)) return token;
  throw new Failure('credential-refused', `there is no token in ${where}`, {
    why: token === '' ? undefined : 'a token has letters, digits, _ and - only; is it the right file, and UTF-8?',
    next: 'its first line must be the token',
  });
}
