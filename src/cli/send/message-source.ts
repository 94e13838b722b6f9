/** Reads the messages that `im send` sends: one body, or standard input split into messages. */
import { utf8Bytes } from '../../protocol/fields.js';
import { WIRE } from '../../protocol/limits.js';
import { Failure } from '../errors/failure.js';
import { parseJsonMessage } from '../input/json-message.js';
import { type Line, NOT_UTF8, readAll, readLines, TOO_LONG } from '../input/stdin-lines.js';

/** How standard input is split: each line is a message, all is one, each line is `{"body":…,"id":…,"re":…,"to":…}`. */
export const STDIN_MODES = ['lines', 'all', 'jsonl'] as const;
export type StdinMode = (typeof STDIN_MODES)[number];

export interface SourceMessage {
  readonly body: string;
  /** Chosen by the sender; otherwise the client makes one. */
  readonly id?: string;
  /** Only if the command line names no target. */
  readonly to?: string;
  /** The id of the message that it is about. */
  readonly re?: string;
}

/** A line that cannot be sent, with the problem as it follows "line 7". The lines after it still can. */
interface UnsendableLine {
  readonly problem: string;
}

/** `line` is counted from 1. */
export type SourceItem = (SourceMessage | UnsendableLine) & { readonly line: number };

const TOO_LARGE = `is longer than ${WIRE.maxBodyBytes} bytes`;

/** The longest line that can hold a message as JSON, where one byte of a body may take six (`\u0000`). */
export const MAX_JSON_LINE_BYTES = WIRE.maxBodyBytes * 6 + 4096;

interface SourceOptions {
  /** The targets on the command line. Empty: each line of jsonl names its own. */
  readonly targets: readonly string[];
  /** The message, if it is on the command line. */
  readonly body: string | undefined;
  /** The id of the only message, if its sender chose one. */
  readonly id: string | undefined;
  /** The id of the message that each message is about. */
  readonly re?: string | undefined;
  /** How standard input is split, if there is no body. */
  readonly mode: StdinMode;
}

/**
 * The messages of a command line, in batches. Standard input is not read before the first batch is requested: its first
 * line may be a token (--token-stdin).
 */
export async function* sourceItems(
  { targets, body, id, re, mode }: SourceOptions,
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly SourceItem[]> {
  if (body === undefined && mode !== 'all') {
    const isJson = mode === 'jsonl';
    const about = re === undefined ? undefined : { re };
    const parse: ParseLine = isJson
      ? (text, line) => parseJson(text, line, targets)
      : (text, line) => ({ line, body: text, ...about });
    let line = 0;
    for await (const lines of readLines(stdin, isJson ? MAX_JSON_LINE_BYTES : WIRE.maxBodyBytes)) {
      yield lines.map((text) => itemOf(text, ++line, parse));
    }
    return;
  }
  const marks = { ...(id !== undefined && { id }), ...(re !== undefined && { re }) };
  const withId = (text: string, line: number): SourceItem => ({ line, body: text, ...marks });
  yield [itemOf(body ?? (await readWhole(stdin)), 1, withId)];
}

/** What `readAhead` returns: all batches, and the first of them beforehand. */
interface ReadAhead {
  readonly all: AsyncIterable<readonly SourceItem[]>;
  /** Undefined when there is none. Can be called at any time before `all` is read, or not at all. */
  first(): Promise<readonly SourceItem[] | undefined>;
}

/** Lets a command look at what it is to send before it does anything. */
export function readAhead(items: AsyncGenerator<readonly SourceItem[]>): ReadAhead {
  let first: ReturnType<typeof items.next> | undefined;
  async function* all(): AsyncGenerator<readonly SourceItem[]> {
    const { done, value } = await (first ?? items.next());
    if (done) return;
    yield value;
    yield* items; // closes it at an early end
  }
  return {
    all: all(),
    async first() {
      first ??= items.next();
      const { done, value } = await first;
      return done ? undefined : value;
    },
  };
}

async function readWhole(stdin: AsyncIterable<Uint8Array>): Promise<Line> {
  const all = await readAll(stdin, WIRE.maxBodyBytes);
  if (all !== undefined) return all;
  throw new Failure('usage', 'standard input is empty: nothing was sent', {
    next: "give a BODY ('' sends an empty message), or write to standard input",
  });
}

type ParseLine = (text: string, line: number) => SourceItem;

function parseJson(text: string, line: number, targets: readonly string[]): SourceItem {
  const message = parseJsonMessage(text);
  if ('problem' in message) return { line, ...message };
  const { to, id } = message;
  if (to === undefined && targets.length === 0) return { line, problem: 'has no "to"' };
  if (to !== undefined && targets.length > 0)
    return { line, problem: 'has a "to", but the target is on the command line' };
  if (id !== undefined && targets.length > 1) return { line, problem: 'has an id, but there are several targets' };
  return { line, ...message };
}

/** A UTF-16 unit is at most 3 bytes of UTF-8: most bodies need not be counted. */
const isTooLarge = (body: string): boolean =>
  body.length * 3 > WIRE.maxBodyBytes && utf8Bytes(body) > WIRE.maxBodyBytes;

function itemOf(text: Line, line: number, parse: ParseLine): SourceItem {
  if (text === TOO_LONG) return { line, problem: TOO_LARGE };
  if (text === NOT_UTF8) return { line, problem: 'is not UTF-8' };
  const item = parse(text, line);
  return 'body' in item && isTooLarge(item.body) ? { line, problem: TOO_LARGE } : item;
}
