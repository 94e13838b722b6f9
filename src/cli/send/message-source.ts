/** What `im send` sends: one body, or what standard input holds. Pure but for the stream it is given. */
import { utf8Bytes } from '../../protocol/field-types.js';
import { WIRE } from '../../protocol/limits.js';
import { Failure } from '../errors/failure.js';
import { parseJsonMessage } from '../input/json-message.js';
import { type Line, NOT_UTF8, readAll, readLines, TOO_LONG } from '../input/stdin-lines.js';

/** How standard input is cut into messages: each line is one, all is one, each line is `{"body":…,"id":…,"to":…}`. */
export const STDIN_MODES = ['lines', 'all', 'jsonl'] as const;
export type StdinMode = (typeof STDIN_MODES)[number];

export interface Message {
  readonly body: string;
  /** Chosen by the sender; without it the client makes one. */
  readonly id?: string;
  /** Only when no target is named otherwise. */
  readonly to?: string;
}

/** Something on standard input that cannot be sent. The lines after it still can. */
interface UnreadableLine {
  readonly problem: string;
}

const NOT_READABLE: UnreadableLine = { problem: 'is not UTF-8' };
const TOO_LARGE: UnreadableLine = { problem: `is longer than ${WIRE.maxBodyBytes} bytes` };

/** The longest line that can hold a message as JSON, which may write one byte of a body as six. */
export const MAX_JSON_LINE_BYTES = WIRE.maxBodyBytes * 6 + 4096;

/** One message, or why it is none; `line` is where it stood, counted from 1. */
export type SourceItem = (Message | UnreadableLine) & { readonly line: number };

interface SourceOptions {
  /** To whom everything goes. None: each line of jsonl names its own. */
  readonly targets: readonly string[];
  /** The message, if it is on the command line. */
  readonly body: string | undefined;
  /** The id of the only message, if its sender chose one. */
  readonly id: string | undefined;
  /** How standard input is cut, when there is no body. */
  readonly mode: StdinMode;
}

/**
 * The messages that a command line asks to send, in portions. Nothing is read before it is asked for: the first line of
 * standard input may be a token.
 */
export function messagesOf(
  { targets, body, id, mode }: SourceOptions,
  stdin: AsyncIterable<Uint8Array>,
): AsyncIterable<readonly SourceItem[]> {
  const named = (text: string, line: number): SourceItem => ({ line, body: text, ...(id !== undefined && { id }) });
  if (body === undefined && mode !== 'all') {
    return readMessages(mode === 'lines' ? LINES : jsonLines(targets), stdin);
  }
  return only(async () => itemOf(body ?? (await readWhole(stdin)), 1, named));
}

async function* only(read: () => Promise<SourceItem>): AsyncGenerator<readonly SourceItem[]> {
  yield [await read()];
}

async function readWhole(stdin: AsyncIterable<Uint8Array>): Promise<Line> {
  const all = await readAll(stdin, WIRE.maxBodyBytes);
  if (all !== undefined) return all;
  throw new Failure('usage', 'standard input is empty: nothing was sent', {
    next: "give a BODY, also an empty one (''), or something on standard input",
  });
}

/** How a line becomes a message. */
interface LineFormat {
  readonly maxBytes: number;
  readonly parse: Parse;
}

type Parse = (text: string, line: number) => SourceItem;

/** A line ends with LF, or CRLF. */
const LINES: LineFormat = {
  maxBytes: WIRE.maxBodyBytes,
  parse: (text, line) => ({ line, body: text.endsWith('\r') ? text.slice(0, -1) : text }),
};

function jsonLines(targets: readonly string[]): LineFormat {
  return {
    maxBytes: MAX_JSON_LINE_BYTES,
    parse(text, line) {
      const notUsable = (problem: string): SourceItem => ({ line, problem });
      const message = parseJsonMessage(text);
      if ('problem' in message) return notUsable(message.problem);
      const { to, id } = message;
      if (to === undefined && targets.length === 0) return notUsable('names no target in to');
      if (to !== undefined && targets.length > 0)
        return notUsable('names a target: it goes to the one on the command line');
      if (id !== undefined && targets.length > 1)
        return notUsable('has an id, which is one message, and several targets');
      return { line, ...message };
    },
  };
}

async function* readMessages(
  { maxBytes, parse }: LineFormat,
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly SourceItem[]> {
  let line = 0;
  for await (const portion of readLines(stdin, maxBytes)) {
    yield portion.map((text) => itemOf(text, ++line, parse));
  }
}

function itemOf(text: Line, line: number, parse: Parse): SourceItem {
  if (text === TOO_LONG) return { line, ...TOO_LARGE };
  if (text === NOT_UTF8) return { line, ...NOT_READABLE };
  const item = parse(text, line);
  return 'body' in item && utf8Bytes(item.body) > WIRE.maxBodyBytes ? { line, ...TOO_LARGE } : item;
}
