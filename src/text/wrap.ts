/** Breaks a line into rows that fit: at spaces, beside wide characters, and inside a word only when it must be. */
import type { Cell } from './text-width.js';

/** A row of a line: cells from `from` up to, not including, `to`. */
interface WrappedRow {
  readonly from: number;
  readonly to: number;
}

/** Closing punctuation, which no Chinese or Japanese row begins with. */
const CLOSING = /^[，。、．：；？！…）」』】》〉〕〗”’ー々]/u;

/**
 * The rows of a line, at least one; together they hold every cell once, in order. Spaces at the end of a row belong to it,
 * also where they no longer fit: they are not seen. A cell wider than a row has a row of its own.
 */
export function wrap(cells: readonly Cell[], columns: number): WrappedRow[] {
  const rows: WrappedRow[] = [];
  let from = 0;
  let used = 0;
  let mayEnd = 0;
  cells.forEach((cell, index) => {
    if (used + cell.columns > columns && cell.text !== ' ' && index > from) {
      const to = mayEnd > from ? mayEnd : index;
      rows.push({ from, to });
      used = widthOf(cells, to, index);
      from = to;
    }
    used += cell.columns;
    if (mayEndAfter(cell, cells[index + 1])) mayEnd = index + 1;
  });
  rows.push({ from, to: cells.length });
  return rows;
}

function mayEndAfter(cell: Cell, next: Cell | undefined): boolean {
  if (cell.text === ' ') return true;
  const besideWide = cell.columns > 1 || (next !== undefined && next.columns > 1);
  return besideWide && next !== undefined && !CLOSING.test(next.text);
}

/** Columns of the cells from `from` up to, not including, `to`. */
export function widthOf(cells: readonly Cell[], from: number, to: number): number {
  let width = 0;
  for (let index = from; index < to; index++) width += cells[index]?.columns ?? 0;
  return width;
}
