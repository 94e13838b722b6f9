/** Wraps a line into rows that fit: at spaces, next to wide characters, and inside a word only if necessary. */
import type { Cell } from './text-width.js';

/** A row of a line: the cells from `from` (inclusive) to `to` (exclusive). */
interface WrappedRow {
  readonly from: number;
  readonly to: number;
}

/** Closing punctuation, with which no Chinese or Japanese row starts. */
const CLOSING = /^[，。、．：；？！…）」』】》〉〕〗”’ー々]/u;

/**
 * The rows of a line, at least one; together they hold every cell once, in order. Spaces at the end of a row stay in it even
 * if they no longer fit, because they are invisible. A cell wider than a row gets a row of its own.
 */
export function wrap(cells: readonly Cell[], columns: number): WrappedRow[] {
  const rows: WrappedRow[] = [];
  let from = 0;
  let used = 0;
  let lastBreak = 0;
  cells.forEach((cell, index) => {
    if (used + cell.columns > columns && cell.text !== ' ' && index > from) {
      const to = lastBreak > from ? lastBreak : index;
      rows.push({ from, to });
      used = widthOf(cells, to, index);
      from = to;
    }
    used += cell.columns;
    if (canBreakAfter(cell, cells[index + 1])) lastBreak = index + 1;
  });
  rows.push({ from, to: cells.length });
  return rows;
}

function canBreakAfter(cell: Cell, next: Cell | undefined): boolean {
  if (next?.columns === 0) return false;
  if (cell.text === ' ') return true;
  const isNextToWide = cell.columns > 1 || (next !== undefined && next.columns > 1);
  return isNextToWide && next !== undefined && !CLOSING.test(next.text);
}

/** The columns of the cells from `from` (inclusive) to `to` (exclusive). */
export function widthOf(cells: readonly Cell[], from: number, to: number): number {
  let width = 0;
  for (let index = from; index < to; index++) width += cells[index]?.columns ?? 0;
  return width;
}
