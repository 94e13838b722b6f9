/** The composer's text as rows on the screen, and the cursor among them. Pure. */

import { graphemes } from '../../text/graphemes.js';
import { block, type SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import { TUI } from '../limits.js';
import { type Composer, move } from './composer.js';
import { lineEnd, lineStart } from './cursor-boundaries.js';

/** A row of the composer. */
interface ComposerRow {
  readonly text: SafeText;
  /** Where each of its cells begins in the text; the last one is where the row ends. */
  readonly indices: readonly number[];
  /** The column at which each of its cells begins; the last one is where the row ends. */
  readonly columns: readonly number[];
}

interface ComposerLayout {
  /** The rows that are seen: those around the cursor, at most TUI.maxComposerRows, at least one. */
  readonly rows: readonly ComposerRow[];
  /** The cursor's row among them, and its column. */
  readonly row: number;
  readonly column: number;
  /** Whether there is text above and below the rows. */
  readonly isCutAbove: boolean;
  readonly isCutBelow: boolean;
}

/** Lines before and behind the cursor's that are laid out: more would not be seen. */
const REACH = TUI.maxComposerRows;

export function layOut(
  composer: Pick<Composer, 'text' | 'cursor'>,
  columns: number,
  textWidth: TextWidth,
): ComposerLayout {
  const { rows, row, isCutAbove, isCutBelow } = rowsAround(composer, columns, textWidth);
  // The cursor's row is the lowest that is seen, unless there is room for what follows.
  const top = Math.max(0, Math.min(row - REACH + 1, rows.length - REACH));
  return {
    rows: rows.slice(top, top + REACH),
    row: row - top,
    column: Math.min(columnOf(rows[row], composer.cursor), columns - 1),
    isCutAbove: isCutAbove || top > 0,
    isCutBelow: isCutBelow || top + REACH < rows.length,
  };
}

/** The cursor one row up (-1) or down (1), as near as can be to its column; undefined when there is no such row. */
export function moveRow(composer: Composer, by: -1 | 1, columns: number, textWidth: TextWidth): Composer | undefined {
  const { rows, row } = rowsAround(composer, columns, textWidth);
  const target = rows[row + by];
  if (target === undefined) return undefined;
  const wanted = columnOf(rows[row], composer.cursor);
  // Where the line goes on in the next row, the end of this row is the start of that one.
  const goesOn = rows[row + by + 1]?.indices[0] === target.indices.at(-1);
  const edges = goesOn ? target.columns.slice(0, -1) : target.columns;
  return move(composer, target.indices[edges.findLastIndex((edge) => edge <= wanted)] ?? 0);
}

interface Surroundings extends Pick<ComposerLayout, 'isCutAbove' | 'isCutBelow' | 'rows'> {
  /** The cursor's. */
  readonly row: number;
}

function rowsAround(
  { text, cursor }: Pick<Composer, 'text' | 'cursor'>,
  columns: number,
  textWidth: TextWidth,
): Surroundings {
  let first = lineStart(text, cursor);
  let last = lineEnd(text, cursor);
  const rows = rowsOfLine(text, first, columns, textWidth);
  for (let reach = 0; reach < REACH && first > 0; reach++) {
    first = lineStart(text, first - 1);
    rows.unshift(...rowsOfLine(text, first, columns, textWidth));
  }
  for (let reach = 0; reach < REACH && last < text.length; reach++) {
    rows.push(...rowsOfLine(text, last + 1, columns, textWidth));
    last = lineEnd(text, last + 1);
  }
  const row = rows.findLastIndex(({ indices }) => (indices[0] ?? 0) <= cursor);
  return { rows, row, isCutAbove: first > 0, isCutBelow: last < text.length };
}

function columnOf(row: ComposerRow | undefined, cursor: number): number {
  const cell = row?.indices.findLastIndex((index) => index <= cursor) ?? -1;
  return row?.columns[cell] ?? 0;
}

function rowsOfLine(text: string, start: number, columns: number, textWidth: TextWidth): ComposerRow[] {
  const indices = [start];
  const cells: Cell[] = [];
  for (const grapheme of graphemes(text.slice(start, lineEnd(text, start)))) {
    const shown = block(grapheme);
    cells.push({ text: shown, columns: textWidth.columns(shown) });
    indices.push((indices.at(-1) ?? 0) + grapheme.length);
  }
  return wrap(cells, columns).map(({ from, to }) => {
    const edges = [0];
    let shown = '';
    for (const cell of cells.slice(from, to)) {
      const edge = (edges.at(-1) ?? 0) + cell.columns;
      edges.push(edge);
      // Blanks at the end of a row may be too many.
      if (edge <= columns || cell.text !== ' ') shown += cell.text;
    }
    return { text: shown as SafeText, indices: indices.slice(from, to + 1), columns: edges };
  });
}
