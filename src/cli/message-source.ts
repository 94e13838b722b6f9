/** What `im send` sends: one body, or what standard input holds. Pure but for the stream it is given. */
import { isMessageId, utf8Bytes } from '../protocol/field.js';
import { WIRE } from '../protocol/limits.js';
import { Failure } from './failure.js';
import { parseJsonMessage } from './json-message.js';
import { type Line, NOT_UTF8, readAll, readLines, TOO_LONG } from './stdin-lines.js';

/** How standard input is cut into messages: each line is one, all is one, each line is `{"body":…,"id":…}`. */
export const STDIN_MODES = ['lines', 'all', 'jsonl'] as const;
export type StdinMode = (typeof STDIN_MODES)[number];

export interface Message {
  readonly body: string;
  /** Chosen by the sender; without it the client makes one. */
  readonly id?: string;
}

/** Something on standard input that cannot be sent. The lines after it still can. */
export interface Unsendable {
  readonly problem: string;
  readonly exit: 'usage' | 'refused';
}

const notUsable = (problem: string): Unsendable => ({ problem, exit: 'usage' });

const TOO_LARGE: Unsendable = { problem: `is longer than ${WIRE.maxBodyBytes} bytes`, exit: 'refused' };

/** The longest line that can hold a message as JSON, which may write one byte of a body as six. */
export const MAX_JSON_LINE_BYTES = WIRE.maxBodyBytes * 6 + 4096;

/** One message, or why it is none; `line` is where it stood, counted from 1. */
export type Item = (Message | Unsendable) & { readonly line: number };

export interface SourceOptions {
  /** The message, if it is on the command line. */
  readonly body: string | undefined;
  /** Its id, if its sender chose one. */
  readonly id: string | undefined;
  /** How standard input is cut, when there is no body. */
  readonly mode: StdinMode;
}

/**
 * The messages that a command line asks to send, in portions. Nothing is read before it is asked for: the first line of
 * standard input may be a token. @throws Failure `usage` when it asks for what cannot be.
 */
export function messagesOf(
  { body, id, mode }: SourceOptions,
  stdin: AsyncIterable<Uint8Array>,
): AsyncIterable<readonly Item[]> {
  if (id !== undefined && !isMessageId(id)) throw new Failure('usage', '--id is 1 to 128 printable ASCII characters');
  if (id !== undefined && body === undefined && mode !== 'all') {
    throw new Failure('usage', '--id names one message', {
      next: 'with --stdin jsonl each line can have an id of its own',
    });
  }
  const named = (text: string): Message => (id === undefined ? { body: text } : { body: text, id });
  if (body === undefined && mode !== 'all') return readMessages(mode, stdin);
  return only(async () => messageOf(body ?? (await readWhole(stdin)), named));
}

async function* only(read: () => Promise<Message | Unsendable>): AsyncGenerator<readonly Item[]> {
  yield [{ ...(await read()), line: 1 }];
}

async function readWhole(stdin: AsyncIterable<Uint8Array>): Promise<Line> {
  const all = await readAll(stdin, WIRE.maxBodyBytes);
  if (all !== undefined) return all;
  throw new Failure('usage', 'standard input is empty: nothing was sent', {
    next: "give a BODY, also an empty one (''), or something on standard input",
  });
}

async function* readMessages(
  mode: 'lines' | 'jsonl',
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Item[]> {
  const [maxBytes, parse] = mode === 'lines' ? [WIRE.maxBodyBytes, bare] : [MAX_JSON_LINE_BYTES, parseJson];
  let line = 0;
  for await (const portion of readLines(stdin, maxBytes)) {
    yield portion.map((text) => {
      line += 1;
      return { ...messageOf(text, parse), line };
    });
  }
}

const bare = (body: string): Message => ({ body });

function messageOf(line: Line, parse: (text: string) => Message | Unsendable): Message | Unsendable {
  if (line === TOO_LONG) return TOO_LARGE;
  if (line === NOT_UTF8) return notUsable('is not UTF-8');
  const message = parse(line);
  return 'body' in message && utf8Bytes(message.body) > WIRE.maxBodyBytes ? TOO_LARGE : message;
}

function parseJson(text: string): Message | Unsendable {
  const message = parseJsonMessage(text);
  if ('problem' in message) return notUsable(message.problem);
  return message.to === undefined ? message : notUsable('names a target: it goes to the one on the command line');
}
