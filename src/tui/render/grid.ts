/** A rectangle of styled cells: what Ink's output is parsed into, and what the painter compares. Pure. */
import type { Cell } from '../../text/text-width.js';
import type { Region, Size } from '../rows/screen-regions.js';

export interface StyledCell extends Cell {
  /** Parameters of an SGR sequence, such as `1;36`; empty for the terminal's default. */
  readonly sgr: string;
  /** The URL that a click opens. */
  readonly link?: string | undefined;
}

/** A cell of several columns is followed by `undefined` for each further column. */
export type GridRow = (StyledCell | undefined)[];
export type Grid = GridRow[];

export const BLANK: StyledCell = { text: ' ', columns: 1, sgr: '' };

export const blankGrid = ({ columns, rows }: Size): Grid =>
  Array.from({ length: rows }, () => new Array<StyledCell | undefined>(columns).fill(BLANK));

/** Copies a grid into a region of a larger one; cells outside of either are skipped. */
export function blit(into: Grid, grid: Grid, { x, y, columns, rows }: Region): void {
  for (let row = 0; row < Math.min(rows, grid.length); row++) {
    const target = into[y + row];
    const source = grid[row];
    if (target === undefined || source === undefined) continue;
    for (let column = 0; column < columns; column++) target[x + column] = source[column];
  }
}
