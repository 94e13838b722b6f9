/** Lays out the composer's text as screen rows, with the position of the cursor. Pure. */

import { graphemes } from '../../text/graphemes.js';
import { block, type SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import { TUI } from '../limits.js';
import { type Composer, move } from './composer.js';
import { lineEnd, lineStart } from './cursor-boundaries.js';

interface ComposerRow {
  readonly text: SafeText;
  /** Start of each cell as an index of the composer's text; then the end of the row. */
  readonly indices: readonly number[];
  /** Start column of each cell; then the end of the row. */
  readonly columns: readonly number[];
}

interface ComposerLayout {
  /** The visible rows: those around the cursor, from 1 to TUI.maxComposerRows. */
  readonly rows: readonly ComposerRow[];
  /** The cursor: an index of `rows`, and a column. */
  readonly row: number;
  readonly column: number;
  /** Whether there is text above or below the visible rows. */
  readonly hasMoreAbove: boolean;
  readonly hasMoreBelow: boolean;
}

/** At most this many rows are visible; so many lines above and below the cursor's line are laid out. */
const MAX_ROWS = TUI.maxComposerRows;

/** @param columns the width of a row. */
export function layOutComposer(
  composer: Pick<Composer, 'text' | 'cursor'>,
  columns: number,
  textWidth: TextWidth,
): ComposerLayout {
  const { rows, row, hasMoreAbove, hasMoreBelow } = rowsAround(composer, columns, textWidth);
  // The cursor's row is the lowest visible one, unless all that follows fits.
  const top = Math.max(0, Math.min(row - MAX_ROWS + 1, rows.length - MAX_ROWS));
  return {
    rows: rows.slice(top, top + MAX_ROWS),
    row: row - top,
    column: Math.min(columnOf(rows[row], composer.cursor), columns - 1),
    hasMoreAbove: hasMoreAbove || top > 0,
    hasMoreBelow: hasMoreBelow || top + MAX_ROWS < rows.length,
  };
}

/** Moves the cursor one row up (-1) or down (1), to the nearest column at or before its own; undefined without such a row. */
export function moveRow(composer: Composer, by: -1 | 1, columns: number, textWidth: TextWidth): Composer | undefined {
  const { rows, row } = rowsAround(composer, columns, textWidth);
  const target = rows[row + by];
  if (target === undefined) return undefined;
  const column = columnOf(rows[row], composer.cursor);
  // In a wrapped line the end of a row is the same index as the start of the next: exclude it.
  const continues = rows[row + by + 1]?.indices[0] === target.indices.at(-1);
  const starts = continues ? target.columns.slice(0, -1) : target.columns;
  return move(composer, target.indices[starts.findLastIndex((start) => start <= column)] ?? 0);
}

/** The rows of the cursor's line and of the lines around it. */
function rowsAround(
  { text, cursor }: Pick<Composer, 'text' | 'cursor'>,
  columns: number,
  textWidth: TextWidth,
): Omit<ComposerLayout, 'column'> {
  let first = lineStart(text, cursor);
  let last = lineEnd(text, cursor);
  const rows = rowsOfLine(text, first, columns, textWidth);
  for (let count = 0; count < MAX_ROWS && first > 0; count++) {
    first = lineStart(text, first - 1);
    rows.unshift(...rowsOfLine(text, first, columns, textWidth));
  }
  for (let count = 0; count < MAX_ROWS && last < text.length; count++) {
    rows.push(...rowsOfLine(text, last + 1, columns, textWidth));
    last = lineEnd(text, last + 1);
  }
  const row = rows.findLastIndex(({ indices }) => (indices[0] ?? 0) <= cursor);
  return { rows, row, hasMoreAbove: first > 0, hasMoreBelow: last < text.length };
}

function columnOf(row: ComposerRow | undefined, cursor: number): number {
  const cell = row?.indices.findLastIndex((index) => index <= cursor) ?? -1;
  return row?.columns[cell] ?? 0;
}

/** What has no width takes a column only at the start of a line. */
function cellOf(grapheme: string, isFirst: boolean, textWidth: TextWidth): Cell {
  const text = block(grapheme);
  return { text, columns: isFirst ? textWidth.columns(text) : textWidth.columns(`x${text}`) - 1 };
}

function rowsOfLine(text: string, start: number, columns: number, textWidth: TextWidth): ComposerRow[] {
  const indices = [start];
  const cells: Cell[] = [];
  for (const grapheme of graphemes(text.slice(start, lineEnd(text, start)))) {
    const whole = cellOf(grapheme, cells.length === 0, textWidth);
    const parts = whole.columns > columns ? Array.from(grapheme) : [grapheme];
    for (const part of parts) {
      cells.push(parts.length === 1 ? whole : cellOf(part, cells.length === 0, textWidth));
      indices.push((indices.at(-1) ?? 0) + part.length);
    }
  }
  return wrap(cells, columns).map(({ from, to }) => {
    const starts = [0];
    let shown = '';
    for (const cell of cells.slice(from, to)) {
      const end = (starts.at(-1) ?? 0) + cell.columns;
      starts.push(end);
      // Spaces at the end of a row may exceed its width: they are not drawn.
      if (end <= columns || cell.text !== ' ') shown += cell.text;
    }
    return { text: shown as SafeText, indices: indices.slice(from, to + 1), columns: starts };
  });
}
