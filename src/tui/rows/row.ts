/** Rows of styled text: clipping, padding and wrapping. Pure. The theme maps styles to colors. */

import type { SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import type { Style } from './theme.js';

export interface Span {
  readonly text: SafeText;
  readonly style: Style;
  /** The URL of which it is a part. */
  readonly link?: string | undefined;
}

export type Row = readonly Span[];

/** The text of spans, or of the cells of safe text. */
export const joinText = (parts: readonly { readonly text: string }[]): SafeText =>
  parts.map(({ text }) => text).join('') as SafeText;

export const span = (text: SafeText, style: Style = 'text'): Span => ({ text, style });

/** One of the peer styles, always the same for a name. */
export function nameStyle(name: string): Style {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return `peer${(sum % 6) as 0 | 1 | 2 | 3 | 4 | 5}`;
}

/** In columns. */
export const widthOf = (row: Row, textWidth: TextWidth): number =>
  row.reduce((sum, { text }) => sum + textWidth.columns(text), 0);

/** The row, cut to fit; an ellipsis replaces what is cut. */
export function clip(row: Row, columns: number, textWidth: TextWidth, ellipsis: SafeText): Row {
  if (widthOf(row, textWidth) <= columns) return row;
  const ellipsisColumns = textWidth.columns(ellipsis);
  if (ellipsisColumns > columns) return [];
  const clipped: Span[] = [];
  let left = columns - ellipsisColumns;
  for (const part of row) {
    const { text } = part;
    const kept = fittingCells(textWidth.cells(text), left);
    clipped.push({ ...part, text: joinText(kept) });
    left -= kept.reduce((sum, cell) => sum + cell.columns, 0);
    if (kept.length < textWidth.cells(text).length) break;
  }
  return [...clipped, span(ellipsis, 'dim')];
}

/** The first cells, as many as fit. */
function fittingCells(cells: readonly Cell[], columns: number): readonly Cell[] {
  let used = 0;
  const end = cells.findIndex((cell) => {
    used += cell.columns;
    return used > columns;
  });
  return end === -1 ? cells : cells.slice(0, end);
}

/** The text, cut in the middle to fit: names with the same beginning mostly differ at the end. */
export function clipMiddle(text: SafeText, columns: number, textWidth: TextWidth, ellipsis: SafeText): SafeText {
  if (textWidth.columns(text) <= columns) return text;
  const room = columns - textWidth.columns(ellipsis);
  if (room < 2) return joinText(clip([span(text)], columns, textWidth, ellipsis));
  const cells = textWidth.cells(text);
  const end = fittingCells(cells.toReversed(), Math.floor(room / 2)).toReversed();
  const begin = fittingCells(cells, room - Math.floor(room / 2));
  return `${joinText(begin)}${ellipsis}${joinText(end)}` as SafeText;
}

/** Wraps one line into rows, without the spaces at their ends. */
export function wrapText(text: SafeText, columns: number, textWidth: TextWidth): SafeText[] {
  const cells = textWidth.cells(text, columns);
  return wrap(cells, columns).map(({ from, to }) => joinText(cells.slice(from, to)).trimEnd() as SafeText);
}

export const blank = (columns: number): Span => span(' '.repeat(Math.max(columns, 0)) as SafeText);

/** The row, padded at its end to so many columns. */
export const padEnd = (row: Row, columns: number, textWidth: TextWidth): Row => {
  const missing = columns - widthOf(row, textWidth);
  return missing > 0 ? [...row, blank(missing)] : row;
};

/** One row with content at both ends. The left one is cut to fit; the right one is dropped if it does not fit. */
export function justify(left: Row, right: Row, columns: number, textWidth: TextWidth, ellipsis: SafeText): Row {
  const rightColumns = widthOf(right, textWidth);
  if (rightColumns + 1 > columns) return padEnd(clip(left, columns, textWidth, ellipsis), columns, textWidth);
  return [
    ...padEnd(clip(left, columns - rightColumns - 1, textWidth, ellipsis), columns - rightColumns, textWidth),
    ...right,
  ];
}
