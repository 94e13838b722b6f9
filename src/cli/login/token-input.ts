/** The token that the caller gives: in a file, on standard input, or in the environment. Never as a flag's value. */
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isPrivate } from '../../io/permissions.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';

interface TokenSources {
  /** Standard input, when `--token-stdin` was given: its first line is the token, the rest is left in it. */
  readonly stdin: Readable | undefined;
  /** `--token-file` or IM_TOKEN_FILE. */
  readonly file: string | undefined;
  /** IM_TOKEN: weaker, since other programs of this account can see it. */
  readonly environment: string | undefined;
  /** The profile's. */
  readonly usualFile: string | undefined;
}

/** Far longer than any token. */
const MAX_TOKEN_BYTES = 4096;
const NEWLINE = 0x0a;

/** The first of the sources that is there; undefined when none is. */
export async function readTokenInput(sources: TokenSources, output: Output): Promise<string | undefined> {
  const { stdin, file, environment, usualFile } = sources;
  if (stdin !== undefined) return takeFirstLine(stdin, 'standard input');
  if (file !== undefined) return readTokenFile(file, output);
  if (environment) return environment;
  return usualFile === undefined ? undefined : readTokenFile(usualFile, output);
}

async function readTokenFile(path: string, output: Output): Promise<string> {
  try {
    const file = await open(path);
    try {
      if (!(await isPrivate(path)))
        output.note(safe`im: others can read ${inline(path)}: chmod 600 keeps it to yourself`);
      return await takeFirstLine(file.createReadStream({ autoClose: false }), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const why = (cause as Error).message;
    throw new Failure('credential-refused', `the token in ${path} cannot be read`, { why, cause });
  }
}

async function takeFirstLine(stream: Readable, where: string): Promise<string> {
  let begun = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    begun = Buffer.concat([begun, chunk as Uint8Array]);
    if (begun.includes(NEWLINE) || begun.length > MAX_TOKEN_BYTES) break;
  }
  const end = begun.indexOf(NEWLINE);
  if (end !== -1) stream.unshift(begun.subarray(end + 1));
  const token = begun.toString('utf8', 0, end === -1 ? begun.length : end).trim();
  if (token !== '') return token;
  throw new Failure('credential-refused', `there is no token in ${where}`, {
    next: 'its first line must be the token',
  });
}
