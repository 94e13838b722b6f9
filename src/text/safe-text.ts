/**
 * Makes untrusted text safe for a terminal (R18). Text from others can never move the cursor, color the screen, set a
 * title, reorder a line or imitate another line: such characters are replaced by something visible, and so is hidden text.
 */

import { graphemes } from './graphemes.js';
import { revealHidden } from './hidden-text.js';

declare const brand: unique symbol;

/** Text that may be written to a terminal. Only this file creates it. */
export type SafeText = string & { readonly [brand]: 'SafeText' };

/** The prefix of each further line of a message, so that no line of a body can look like another message. */
export const GUTTER = '  | ';

const TAB = '    ';

/** Marks and invisible joiners allowed after one base character; more would cover other lines. */
const MAX_MARKS = 8;

/** C0, DEL, C1, line and paragraph separators, lone surrogates, bidi and annotation controls. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/gu;

/** UNSAFE, and everything invisible: zero-width, tag and other format characters. */
const UNSAFE_IN_NAMES = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

const EXCESS_MARKS = new RegExp(`(?<=[\\p{M}\\p{Cf}]{${MAX_MARKS}})[\\p{M}\\p{Cf}]+`, 'gu');

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Text in a single line: names, ids, reasons, paths, errors. A newline becomes `^J`. */
export function inline(untrusted: string): SafeText {
  return clean(untrusted, UNSAFE_IN_NAMES) as SafeText;
}

/** Where a body is printed: the columns of the terminal, and how many of them are used already in the first line. */
export interface Room {
  readonly columns: number;
  readonly used: number;
}

/**
 * The body of a message: keeps its newlines, and puts GUTTER before each further line. With `room`, long lines are wrapped
 * here: the terminal would wrap them to the left edge, where a body could imitate another message.
 */
export function block(untrusted: string, room?: Room): SafeText {
  if (room === undefined && PRINTABLE_ASCII.test(untrusted)) return untrusted as SafeText; // one line, as most are
  const lines = untrusted.split('\n').map((line) => clean(line, UNSAFE, true));
  const rows = room === undefined ? lines : lines.flatMap((line, index) => breakLine(line, room, index === 0));
  return rows.join(`\n${GUTTER}`) as SafeText;
}

/** A template tag: literal text with safe values, such as safe`from ${inline(user)}`. */
export function safe(literals: TemplateStringsArray, ...values: readonly (SafeText | number)[]): SafeText {
  let text = literals[0] as string;
  for (let index = 0; index < values.length; index++) text += `${values[index]}${literals[index + 1]}`;
  return text as SafeText;
}

/** A count with its noun: `1 message`, `2 messages`. @param noun the singular, in ASCII: `message`, `mailbox`. */
export function plural(count: number, noun: string): SafeText {
  const ending = /(s|x|ch|sh)$/.test(noun) ? 'es' : 's';
  return `${count} ${noun}${count === 1 ? '' : ending}` as SafeText;
}

/** A value as one line of JSON. Unsafe characters are escaped, so that JSON.parse returns the same value. */
export function jsonLine(value: object): SafeText {
  const json = JSON.stringify(value);
  return (PRINTABLE_ASCII.test(json) ? json : json.replace(UNSAFE_IN_NAMES, escapeUnits)) as SafeText;
}

/** @param isBody what is invisible is shown where it shapes nothing; in names it is unsafe everywhere. */
function clean(text: string, unsafe: RegExp, isBody = false): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  const safe = text.replaceAll('\t', TAB).replace(unsafe, show).replace(EXCESS_MARKS, showEach);
  return isBody ? revealHidden(safe, show) : safe;
}

/** The visible form of a character: `^[` for a C0 control or DEL, `\u{202e}` for anything else. */
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

/** Wraps a line into rows that fit: at the last space of a row if that is in its second half, else anywhere. */
function breakLine(line: string, { columns, used }: Room, isFirst: boolean): string[] {
  const full = Math.max(columns - GUTTER.length, MIN_ROW);
  const rows: string[] = [];
  let row = '';
  let width = 0;
  let available = isFirst ? Math.max(columns - used, MIN_ROW) : full;
  for (const piece of piecesOf(line, full)) {
    const next = columnsOf(piece);
    if (width + next > available) {
      const space = row.lastIndexOf(' ');
      const cut = space > row.length / 2 ? space + 1 : row.length;
      rows.push(row.slice(0, cut));
      row = row.slice(cut);
      width = columnsOf(row);
      available = full;
    }
    row += piece;
    width += next;
  }
  return [...rows, row];
}

/** The graphemes of a line; code points instead of one that is too wide. */
function* piecesOf(line: string, columns: number): Generator<string> {
  for (const grapheme of graphemes(line)) {
    if (grapheme.length > 1 && columnsOf(grapheme) > columns) yield* grapheme;
    else yield grapheme;
  }
}

/** The shortest row, however narrow the terminal claims to be. */
const MIN_ROW = 8;

/** An upper bound of the columns that safe text without tabs takes. */
export const columnsOf = (text: string): number => Array.from(text).reduce((sum, one) => sum + widthOf(one), 0);

/** Visible format characters, and marks that terminals with older tables take for letters. */
const SHOWN =
  /^([\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]|\u0897|\u0ece|[\u1acf-\u1aff]|\ufe0f|[\u{10000}-\u{dffff}])$/u;

const HIDDEN = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** An upper bound of the columns of a character: below Hangul Jamo, and from its vowels to the symbols, none is wide. */
function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (HIDDEN.test(character) && !SHOWN.test(character)) return 0;
  return character < '\u1100' || (character > '\u115f' && character < '\u2000') ? 1 : 2;
}
