/** Rows of styled text, and how they are made to fit. Pure; a theme says what the styles look like. */

import type { SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';

/** What a piece of text is, not how it looks. */
export type Style =
  | 'text'
  | 'dim'
  | 'strong'
  /** The user. */
  | 'me'
  /** Somebody else; which of them, by name. */
  | `peer${0 | 1 | 2 | 3 | 4 | 5}`
  | 'queued'
  | 'stored'
  | 'delivered'
  | 'failed'
  | 'new'
  | 'late'
  | 'found'
  | 'rule'
  | 'unread'
  | 'selected'
  | 'online'
  | 'offline'
  | 'notice'
  | 'bar'
  | 'title'
  | 'key'
  | 'hint';

export interface Span {
  readonly text: SafeText;
  readonly style: Style;
}

export type Row = readonly Span[];

export const span = (text: SafeText, style: Style = 'text'): Span => ({ text, style });

/** Each name has its colour, the same everywhere. */
export function styleOf(name: string): Style {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return `peer${(sum % 6) as 0 | 1 | 2 | 3 | 4 | 5}`;
}

export const widthOf = (row: Row, textWidth: TextWidth): number =>
  row.reduce((sum, { text }) => sum + textWidth.columns(text), 0);

/** The row, cut where it no longer fits: the last cells make room for a sign that says so. */
export function clip(row: Row, columns: number, textWidth: TextWidth, sign: SafeText): Row {
  if (widthOf(row, textWidth) <= columns) return row;
  const signColumns = textWidth.columns(sign);
  if (signColumns > columns) return [];
  const clipped: Span[] = [];
  let left = columns - signColumns;
  for (const { text, style } of row) {
    const kept = fitting(textWidth.cells(text), left);
    clipped.push(span(kept.map((cell) => cell.text).join('') as SafeText, style));
    left -= kept.reduce((sum, cell) => sum + cell.columns, 0);
    if (kept.length < textWidth.cells(text).length) break;
  }
  return [...clipped, span(sign, 'dim')];
}

function fitting(cells: readonly Cell[], columns: number): readonly Cell[] {
  let used = 0;
  const end = cells.findIndex((cell) => {
    used += cell.columns;
    return used > columns;
  });
  return end === -1 ? cells : cells.slice(0, end);
}

/** The text, cut in the middle where it does not fit: names that begin the same mostly end differently. */
export function shorten(text: SafeText, columns: number, textWidth: TextWidth, sign: SafeText): SafeText {
  if (textWidth.columns(text) <= columns) return text;
  const room = columns - textWidth.columns(sign);
  if (room < 2)
    return clip([span(text)], columns, textWidth, sign)
      .map((part) => part.text)
      .join('') as SafeText;
  const cells = textWidth.cells(text);
  const end = fitting(cells.toReversed(), Math.floor(room / 2)).toReversed();
  const begin = fitting(cells, room - Math.floor(room / 2));
  const textOf = (some: readonly Cell[]): string => some.map((cell) => cell.text).join('');
  return `${textOf(begin)}${sign}${textOf(end)}` as SafeText;
}

/** The rows of a text; spaces at their ends, which may be too many, are not drawn. */
export function wrapText(text: SafeText, columns: number, textWidth: TextWidth): SafeText[] {
  const cells = textWidth.cells(text);
  return wrap(cells, columns).map(({ from, to }) => {
    const row = cells.slice(from, to).map((cell) => cell.text);
    return row.join('').trimEnd() as SafeText;
  });
}

/** So many blank columns. */
export const blank = (columns: number): Span => span(' '.repeat(Math.max(columns, 0)) as SafeText);

/** The row, with blanks up to so many columns. */
export const fill = (row: Row, columns: number, textWidth: TextWidth): Row => {
  const missing = columns - widthOf(row, textWidth);
  return missing > 0 ? [...row, blank(missing)] : row;
};

/** One row with something at each end. What is at the right goes first where there is no room for both. */
export function spread(left: Row, right: Row, columns: number, textWidth: TextWidth, sign: SafeText): Row {
  const rightColumns = widthOf(right, textWidth);
  if (rightColumns + 1 > columns) return fill(clip(left, columns, textWidth, sign), columns, textWidth);
  return [
    ...fill(clip(left, columns - rightColumns - 1, textWidth, sign), columns - rightColumns, textWidth),
    ...right,
  ];
}
