/**
 * Writes what changed, and nothing else: two grids and a cursor in, bytes for the terminal out. Pure. Each change begins with
 * an absolute position, so that a terminal which draws a character wider or narrower than we think shifts nothing else.
 */
import { BLANK, type Grid, type StyledCell } from './grid.js';

/** Where the terminal's cursor is to stand; undefined: hidden. */
export type Cursor = { readonly x: number; readonly y: number } | undefined;

export interface Frame {
  readonly grid: Grid;
  readonly cursor: Cursor;
}

const CSI = '\u001b[';

/** Bytes that change the terminal from one frame to the next. Without a frame before, everything is drawn. */
export function paint(before: Frame | undefined, { grid, cursor }: Frame): string {
  const pen = new Pen();
  let isSame = before !== undefined;
  for (const [y, row] of grid.entries()) {
    const old = before?.grid[y];
    const [from, to] = changed(old, row);
    if (from >= to) continue;
    isSame = false;
    paintRow(pen, row, y, from, to);
  }
  const isSameCursor = before?.cursor?.x === cursor?.x && before?.cursor?.y === cursor?.y;
  if (isSame && isSameCursor) return '';
  const place = cursor ? `${moveTo(cursor.x, cursor.y)}${before?.cursor && isSame ? '' : `${CSI}?25h`}` : '';
  if (isSame) return cursor ? place : `${CSI}?25l`;
  // The cursor does not run over the screen while it changes, and a terminal that can shows all of it at once.
  return `${CSI}?2026h${CSI}?25l${pen.text}${CSI}m${place}${CSI}?2026l`;
}

/** Where a row is not what it was: from, and up to. To its end, where a terminal may see widths otherwise than we do. */
function changed(
  old: readonly (StyledCell | undefined)[] | undefined,
  row: readonly (StyledCell | undefined)[],
): [number, number] {
  if (old === undefined) return [0, row.length];
  let from = 0;
  while (from < row.length && isEqual(old[from], row[from])) from += 1;
  if (from === row.length) return [0, 0];
  let to = row.length;
  if (isCertain(old, from) && isCertain(row, from)) while (to > from && isEqual(old[to - 1], row[to - 1])) to -= 1;
  // A cell is painted as a whole.
  while (from > 0 && (row[from] === undefined || old[from] === undefined)) from -= 1;
  return [from, to];
}

const isEqual = (a: StyledCell | undefined, b: StyledCell | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.text === b.text && a.sgr === b.sgr);

/** One code point of the width that all terminals know. */
const CERTAIN =
  /^([\x20-\x7e]|[\u00a1-\u02ff\u0370-\u052f]|[\u2500-\u259f]|[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3])$/;

const isCertain = (row: readonly (StyledCell | undefined)[], from: number): boolean =>
  row.every((cell, column) => column < from || cell === undefined || CERTAIN.test(cell.text));

function paintRow(pen: Pen, row: readonly (StyledCell | undefined)[], y: number, from: number, to: number): void {
  const end = endOfInk(row);
  pen.moveTo(from, y);
  for (let x = from; x < Math.min(to, end); x++) {
    const cell = row[x];
    if (cell === undefined) continue;
    if (CERTAIN.test(cell.text)) pen.write(cell);
    else pen.writeAlone(cell);
  }
  if (to > end) pen.clear(Math.max(from, end), y);
}

/** The column behind the last cell that is not blank. */
function endOfInk(row: readonly (StyledCell | undefined)[]): number {
  return row.findLastIndex((cell) => cell === undefined || cell.text !== BLANK.text || cell.sgr !== BLANK.sgr) + 1;
}

const moveTo = (x: number, y: number): string => `${CSI}${y + 1};${x + 1}H`;

/** What is written, with as few sequences as it takes. */
class Pen {
  text = '';
  #sgr = '';
  #x = -1;
  #y = -1;

  moveTo(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
    this.text += moveTo(x, y);
  }

  write({ text, sgr, columns }: StyledCell): void {
    this.#dress(sgr);
    this.text += text;
    this.#x += columns;
  }

  /** A cell that may turn out narrower or wider: nothing old shows beside it, and what follows has its own place. */
  writeAlone(cell: StyledCell): void {
    this.#dress(cell.sgr);
    if (cell.columns > 1) this.text += `${CSI}${cell.columns}X`;
    this.write(cell);
    this.text += `${CSI}${this.#x + 1}G`;
  }

  /** Blanks up to the end of the row. */
  clear(x: number, y: number): void {
    if (this.#x !== x || this.#y !== y) this.moveTo(x, y);
    this.#dress('');
    this.text += `${CSI}K`;
  }

  #dress(sgr: string): void {
    if (sgr === this.#sgr) return;
    this.text += sgr === '' ? `${CSI}m` : `${CSI}0;${sgr}m`;
    this.#sgr = sgr;
  }
}
