/** `--format '{from}: {body}'`: a template for printed messages. Pure. */
import type { IncomingMessage } from '../../client/events.js';
import { block, columnsOf, inline, type Room, type SafeText, safe } from '../../text/safe-text.js';

/**
 * A message as text of one or more lines.
 * @param to the receiver. @param columns of the terminal; undefined when stdout is not one.
 */
export type MessageFormat = (message: IncomingMessage, to: string, columns?: number) => SafeText;

/** The text of one part of the template. `room` is what is left of the line; undefined: no limit. */
type Field = (message: IncomingMessage, to: string, room: Room | undefined) => SafeText;

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['{from}', ({ from }) => inline(from)],
  ['{to}', (_message, to) => inline(to)],
  ['{id}', ({ id }) => inline(id)],
  ['{seq}', ({ seq }) => safe`${seq}`],
  ['{at}', ({ at }) => inline(new Date(at).toISOString())],
  ['{attempt}', ({ attempt }) => safe`${attempt}`],
  ['{replay}', ({ replay = '' }) => inline(replay)],
  ['{re}', ({ re = '' }) => inline(re)],
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

/** Fields, escapes, literal text, and any other single character, which is an error. */
const PARTS = /\{\w*\}|\{\{|\}\}|\\.|[^{}\\]+|./gsu;

/** The format; or what is wrong with it, in one line. */
export function parseFormat(template: string): MessageFormat | { readonly problem: string } {
  const fields: Field[] = [];
  for (const [part] of template.matchAll(PARTS)) {
    const literal = ESCAPES.get(part) ?? (/[{}\\]/.test(part) ? undefined : part);
    const field = literal === undefined ? FIELDS.get(part) : () => literalText(literal);
    if (field === undefined) return { problem: problemOf(part) };
    fields.push(field);
  }
  return (message, to, columns) => {
    let printed = safe``;
    for (const field of fields) printed = safe`${printed}${field(message, to, roomAfter(printed, columns))}`;
    return printed;
  };
}

function problemOf(part: string): string {
  if (part.length > 1 && part.startsWith('{')) return `unknown field ${part}; known: ${[...FIELDS.keys()].join(' ')}`;
  const character = part.charAt(0);
  return `unexpected ${part}: to print ${character} write ${character.repeat(2)}`;
}

/** Text of the template: new lines and tabs are kept, other control characters are escaped. */
const literalText = (text: string): SafeText =>
  text
    .split(/([\t\n])/)
    .map((piece) => (piece === '\t' || piece === '\n' ? piece : inline(piece)))
    .join('') as SafeText;

/** A tab at its widest. */
const TAB = ' '.repeat(8);

function roomAfter(printed: SafeText, columns: number | undefined): Room | undefined {
  if (columns === undefined) return undefined;
  return { columns, used: columnsOf(printed.slice(printed.lastIndexOf('\n') + 1).replaceAll('\t', TAB)) };
}
