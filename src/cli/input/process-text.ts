/**
 * The command line and the environment as text. A line end behind a value is no part of it, and bytes that are not UTF-8 are
 * refused: Node replaces them by U+FFFD, and the text would be another one without a word.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Failure } from '../errors/failure.js';

/** What Node puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';
/** Characters of an argument that an error quotes. */
const QUOTED = 20;

/** Env files with CRLF, and secrets that were pasted or written by `echo`, leave line ends. */
export function removeLineEnds(environment: NodeJS.ProcessEnv, variables: readonly string[]): void {
  for (const name of variables) {
    const value = environment[name];
    if (value !== undefined && /[\r\n]$/.test(value)) environment[name] = value.replace(/[\r\n]+$/, '');
  }
}

/** What a process was started with. */
interface Started {
  /** Without Node and the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The bytes of `cmdline` or `environ`, each item ended by NUL; undefined where they cannot be known. */
  readonly readBytes: (name: 'cmdline' | 'environ') => Buffer | undefined;
}

/** @throws Failure `usage` when an argument or one of the variables is not UTF-8. */
export function checkUtf8(variables: readonly string[], { argv, env, readBytes }: Started = thisProcess()): void {
  if (argv.some((argument) => argument.includes(REPLACEMENT))) {
    const items = itemsOf(readBytes('cmdline')).slice(-argv.length);
    const index = argv.findIndex((argument, at) => !isFaithful(argument, items[at]));
    if (index !== -1) throw notUtf8(`the argument ${quote(argv[index] ?? '')}`);
  }
  for (const name of variables) {
    const value = env[name];
    if (!value?.includes(REPLACEMENT)) continue;
    const start = Buffer.from(`${name}=`);
    const item = itemsOf(readBytes('environ')).find((bytes) => bytes.subarray(0, start.length).equals(start));
    if (item === undefined || !isUtf8(item)) throw notUtf8(`the variable ${name}`);
  }
}

/** Whether the text says what the bytes say. Without bytes U+FFFD is not trusted. */
const isFaithful = (text: string, bytes: Buffer | undefined): boolean =>
  !text.includes(REPLACEMENT) || (bytes !== undefined && isUtf8(bytes) && bytes.toString() === text);

const notUtf8 = (what: string): Failure =>
  new Failure('usage', `${what} is not UTF-8`, {
    why: 'nothing was done, since it would not arrive as you wrote it',
    next: 'convert it (iconv -f ISO-8859-1 -t UTF-8); a message may also come from standard input',
  });

function quote(text: string): string {
  const characters = [...text];
  return characters.length <= QUOTED ? text : `${characters.slice(0, QUOTED).join('')}…`;
}

function itemsOf(bytes: Buffer | undefined): Buffer[] {
  const items: Buffer[] = [];
  if (bytes === undefined) return items;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0, from);
    const to = end === -1 ? bytes.length : end;
    items.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return items;
}

const thisProcess = (): Started => ({ argv: process.argv.slice(2), env: process.env, readBytes: readOwnBytes });

/** Linux has them in /proc. */
function readOwnBytes(name: 'cmdline' | 'environ'): Buffer | undefined {
  try {
    return readFileSync(`/proc/self/${name}`);
  } catch {
    return undefined; // another system, or no /proc: unknown
  }
}
