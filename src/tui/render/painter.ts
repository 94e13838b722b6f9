/**
 * Turns the difference between two frames into bytes for the terminal. Pure. Each change starts with an absolute position, so
 * that a terminal which draws a character wider or narrower than expected shifts nothing else.
 */
import { BLANK, type Grid, type GridRow, type StyledCell } from './grid.js';

/** The position of the terminal's cursor; undefined hides it. */
export type Cursor = { readonly x: number; readonly y: number } | undefined;

export interface Frame {
  readonly grid: Grid;
  readonly cursor: Cursor;
}

const CSI = '\u001b[';
const OSC = '\u001b]';
/** Ends OSC. */
const ST = '\u001b\\';

/** Bytes that change the terminal from one frame to the next; empty without a change. Without `before`, draws everything. */
export function paint(before: Frame | undefined, { grid, cursor }: Frame): string {
  const pen = new Pen();
  let isSame = before !== undefined;
  for (const [y, row] of grid.entries()) {
    const old = before?.grid[y];
    const [from, to] = changedRange(old, row);
    if (from >= to) continue;
    isSame = false;
    paintRow(pen, row, y, from, to);
  }
  const isSameCursor = before?.cursor?.x === cursor?.x && before?.cursor?.y === cursor?.y;
  if (isSame && isSameCursor) return '';
  const placeCursor = cursor ? `${moveTo(cursor.x, cursor.y)}${before?.cursor && isSame ? '' : `${CSI}?25h`}` : '';
  if (isSame) return cursor ? placeCursor : `${CSI}?25l`;
  // The cursor is hidden meanwhile; synchronized output (2026) shows the whole frame at once where it is supported.
  pen.endLink();
  return `${CSI}?2026h${CSI}?25l${pen.text}${CSI}m${placeCursor}${CSI}?2026l`;
}

/** The columns of a row that changed: from, and up to. Up to the end of the row if it has cells of uncertain width. */
function changedRange(old: GridRow | undefined, row: GridRow): [number, number] {
  if (old === undefined) return [0, row.length];
  let from = 0;
  while (from < row.length && isSameCell(old[from], row[from])) from += 1;
  if (from === row.length) return [0, 0];
  let to = row.length;
  if (hasKnownWidths(old, from) && hasKnownWidths(row, from))
    while (to > from && isSameCell(old[to - 1], row[to - 1])) to -= 1;
  // Start at the first column of a wide cell.
  while (from > 0 && (row[from] === undefined || old[from] === undefined)) from -= 1;
  return [from, to];
}

const isSameCell = (a: StyledCell | undefined, b: StyledCell | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.text === b.text && a.sgr === b.sgr && a.link === b.link);

/** Cells that every terminal draws with the same width: one code point of certain ranges. */
const KNOWN_WIDTH =
  /^([\x20-\x7e]|[\u00a1-\u02ff\u0370-\u052f]|[\u0904-\u0939]|[\u0e01-\u0e30\u0e32\u0e40-\u0e46]|[\u2500-\u259f]|[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3])$/;

/** tmux draws what follows it into the same cell, and does not move the cursor. */
const JOINER = '\u200d';

const hasKnownWidths = (row: GridRow, from: number): boolean =>
  row.every((cell, column) => column < from || cell === undefined || KNOWN_WIDTH.test(cell.text));

function paintRow(pen: Pen, row: GridRow, y: number, from: number, to: number): void {
  /** The column after the last cell that is not blank. */
  const end = row.findLastIndex((cell) => cell === undefined || !isSameCell(cell, BLANK)) + 1;
  pen.moveTo(from, y);
  let isAfterJoiner = false;
  for (let x = from; x < Math.min(to, end); x++) {
    const cell = row[x];
    if (cell === undefined) continue;
    if (KNOWN_WIDTH.test(cell.text) && !isAfterJoiner) pen.write(cell);
    else pen.writeUncertain(cell, row.length - x);
    isAfterJoiner = cell.text.endsWith(JOINER);
  }
  if (to > end) pen.clearToEnd(Math.max(from, end), y);
}

const moveTo = (x: number, y: number): string => `${CSI}${y + 1};${x + 1}H`;

/** Collects the output, with as few sequences as possible. */
class Pen {
  text = '';
  #sgr = '';
  #link: string | undefined;
  #x = -1;
  #y = -1;

  moveTo(x: number, y: number): void {
    this.#x = x;
    this.#y = y;
    this.text += moveTo(x, y);
  }

  write({ text, sgr, link, columns }: StyledCell): void {
    this.#setStyle(sgr);
    this.#setLink(link);
    this.text += text;
    this.#x += columns;
  }

  /**
   * Writes a cell of uncertain width: erases its columns first, of which some terminals leave one empty, and sets the position
   * after it. @param room the columns up to the edge of the screen: there the last code point of an emoji that is not joined
   * would cover the others, so only the first is written.
   */
  writeUncertain(cell: StyledCell, room: number): void {
    this.#setStyle(cell.sgr);
    this.#setLink(cell.link);
    this.text += `${CSI}${cell.columns > 1 ? cell.columns : ''}X`;
    const isTooWide = cell.unjoinedColumns !== undefined && cell.unjoinedColumns > room;
    this.write(isTooWide ? { ...cell, text: String.fromCodePoint(cell.text.codePointAt(0) ?? 0) } : cell);
    this.text += `${CSI}${this.#x + 1}G`;
  }

  /** Erases to the end of the row. */
  clearToEnd(x: number, y: number): void {
    if (this.#x !== x || this.#y !== y) this.moveTo(x, y);
    this.#setStyle('');
    this.endLink();
    this.text += `${CSI}K`;
  }

  endLink(): void {
    this.#setLink(undefined);
  }

  /** OSC 8. Pieces with the same id and URL are one link: those of a URL on several rows. */
  #setLink(link: string | undefined): void {
    if (link === this.#link) return;
    this.text += `${OSC}8;${link === undefined ? '' : 'id=im'};${link ?? ''}${ST}`;
    this.#link = link;
  }

  #setStyle(sgr: string): void {
    if (sgr === this.#sgr) return;
    this.text += sgr === '' ? `${CSI}m` : `${CSI}0;${sgr}m`;
    this.#sgr = sgr;
  }
}
