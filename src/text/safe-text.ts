/**
 * Turns untrusted text into terminal text (R18). Text from others can never move the cursor, colour the screen, set a
 * title, reorder a line or imitate another one: what could is replaced by something visible.
 */

declare const brand: unique symbol;

/** Text that may be written to a terminal. Made here and nowhere else. */
export type SafeText = string & { readonly [brand]: 'SafeText' };

/** What stands before each further line of a message, so that none of them can look like another message. */
export const GUTTER = '  | ';

const TAB = '    ';

/** Marks (and invisible joiners) that may follow one base character; more would climb over other lines. */
const MAX_MARKS = 8;

/** C0, DEL, C1, line and paragraph separators, lone surrogates, bidi and annotation controls. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/gu;

/** The same, and everything that cannot be seen: zero-width, tag and other format characters. */
const UNSAFE_IN_NAMES = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

const EXCESS_MARKS = new RegExp(`(?<=[\\p{M}\\p{Cf}]{${MAX_MARKS}})[\\p{M}\\p{Cf}]+`, 'gu');

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** One line: names, ids, reasons, paths, errors. A newline becomes `^J`. */
export function inline(untrusted: string): SafeText {
  return clean(untrusted, UNSAFE_IN_NAMES) as SafeText;
}

/** Where a body is printed: the terminal's columns, and how many of them the first line has used already. */
export interface Room {
  readonly columns: number;
  readonly used: number;
}

/**
 * A message's body: its newlines stay, each further line stands under the gutter. With `room` the lines are broken here,
 * since a terminal that breaks them would begin at the left edge, where a body could imitate another message.
 */
export function block(untrusted: string, room?: Room): SafeText {
  const lines = untrusted.split('\n').map((line) => clean(line, UNSAFE));
  const rows = room === undefined ? lines : lines.flatMap((line, index) => breakLine(line, room, index === 0));
  return rows.join(`\n${GUTTER}`) as SafeText;
}

/** Text written in the source, with safe values in it: safe`from ${inline(user)}`. */
export function safe(literals: TemplateStringsArray, ...values: readonly (SafeText | number)[]): SafeText {
  return String.raw({ raw: literals }, ...values) as SafeText;
}

/** One value as one line of JSON. The same characters are escaped, and nothing is lost: JSON.parse gives back the value. */
export function jsonLine(value: object): SafeText {
  const json = JSON.stringify(value);
  return (PRINTABLE_ASCII.test(json) ? json : json.replace(UNSAFE_IN_NAMES, escapeUnits)) as SafeText;
}

function clean(text: string, unsafe: RegExp): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replaceAll('\t', TAB).replace(unsafe, show).replace(EXCESS_MARKS, showEach);
}

/** `^[` for a C0 control, `\u{202e}` for anything else. */
function show(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f ? `^${String.fromCharCode(code ^ 0x40)}` : `\\u{${code.toString(16)}}`;
}

const showEach = (run: string): string => Array.from(run, show).join('');

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** Rows that fit, broken at a space where there is one in the second half of the row. */
function breakLine(line: string, { columns, used }: Room, first: boolean): string[] {
  const full = Math.max(columns - GUTTER.length, MIN_ROW);
  const rows: string[] = [];
  let row = '';
  let width = 0;
  let left = first ? Math.max(columns - used, MIN_ROW) : full;
  for (const character of line) {
    const next = widthOf(character);
    if (width + next > left) {
      const space = row.lastIndexOf(' ');
      const cut = space > row.length / 2 ? space + 1 : row.length;
      rows.push(row.slice(0, cut));
      row = row.slice(cut);
      width = columnsOf(row);
      left = full;
    }
    row += character;
    width += next;
  }
  return [...rows, row];
}

/** Rows are never made shorter than this, however narrow the terminal claims to be. */
const MIN_ROW = 8;

/** Columns that safe text takes at the most, tabs not counted. */
export const columnsOf = (text: string): number => Array.from(text).reduce((sum, one) => sum + widthOf(one), 0);

const MARK = /^[\p{M}\p{Cf}]$/u;

/** Columns that a character takes at the most: below Hangul Jamo nothing is wide. */
function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (MARK.test(character)) return 0;
  return character < '\u1100' ? 1 : 2;
}
