/** `--format '{from}: {body}'`: how a message is printed, in the user's own words. Pure. */
import type { IncomingMessage } from '../../client/events.js';
import { block, columnsOf, inline, type Room, type SafeText, safe } from '../../text/safe-text.js';

/** A message as text of one or more lines. @param to who got it. @param columns those of the terminal, if there is one. */
export type MessageFormat = (message: IncomingMessage, to: string, columns?: number) => SafeText;

/** What stands for a field. `room` is what is left of the line. */
type Field = (message: IncomingMessage, to: string, room: Room | undefined) => SafeText;

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['{from}', ({ from }) => inline(from)],
  ['{to}', (_message, to) => inline(to)],
  ['{id}', ({ id }) => inline(id)],
  ['{seq}', ({ seq }) => safe`${seq}`],
  ['{at}', ({ at }) => inline(new Date(at).toISOString())],
  ['{attempt}', ({ attempt }) => safe`${attempt}`],
  ['{replay}', ({ replay = '' }) => inline(replay)],
  ['{body}', ({ body }, _to, room) => block(body, room)],
  ['{line}', ({ body }) => inline(body)],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['{{', '{'],
  ['}}', '}'],
  ['\\\\', '\\'],
  ['\\n', '\n'],
  ['\\t', '\t'],
]);

/** Fields, escapes, text; and what is left over, which means nothing. */
const PARTS = /\{\w*\}|\{\{|\}\}|\\.|[^{}\\]+|./gsu;

/** The format; or what is wrong with it, in one line. */
export function parseFormat(text: string): MessageFormat | { readonly problem: string } {
  const fields: Field[] = [];
  for (const [part] of text.matchAll(PARTS)) {
    const words = ESCAPES.get(part) ?? (/[{}\\]/.test(part) ? undefined : part);
    const field = words === undefined ? FIELDS.get(part) : () => ownWords(words);
    if (field === undefined) return { problem: problemOf(part) };
    fields.push(field);
  }
  return (message, to, columns) => {
    let printed = safe``;
    for (const field of fields) printed = safe`${printed}${field(message, to, roomAfter(printed, columns))}`;
    return printed;
  };
}

const problemOf = (part: string): string =>
  part.length > 1 && part.startsWith('{')
    ? `there is no ${part}; there is ${[...FIELDS.keys()].join(' ')}`
    : `${part} means nothing; for itself write ${part.startsWith('\\') ? '\\\\' : part.repeat(2)}`;

/** What the user wrote: new lines and tabs are meant. */
const ownWords = (words: string): SafeText =>
  words
    .split(/([\t\n])/)
    .map((piece) => (piece === '\t' || piece === '\n' ? piece : inline(piece)))
    .join('') as SafeText;

/** The widest that a tab can be. */
const TAB = ' '.repeat(8);

function roomAfter(printed: SafeText, columns: number | undefined): Room | undefined {
  if (columns === undefined) return undefined;
  return { columns, used: columnsOf(printed.slice(printed.lastIndexOf('\n') + 1).replaceAll('\t', TAB)) };
}
