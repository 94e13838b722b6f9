/** A rectangle of the screen as cells: what is compared and painted. Pure. */
import type { Cell } from '../../text/text-width.js';
import type { Region, Size } from '../rows/screen-regions.js';

/** A cell with its looks, as the parameters of an SGR sequence: `1;36`. Empty: as the terminal has it. */
export interface StyledCell extends Cell {
  readonly sgr: string;
}

/** By row and column. A cell that is wider than one column is followed by `undefined` for each further one. */
export type Grid = (StyledCell | undefined)[][];

export const BLANK: StyledCell = { text: ' ', columns: 1, sgr: '' };

export const blankGrid = ({ columns, rows }: Size): Grid =>
  Array.from({ length: rows }, () => new Array<StyledCell | undefined>(columns).fill(BLANK));

/** Puts a grid into a larger one. What lies outside is not drawn; nothing outside the region is changed. */
export function place(into: Grid, grid: Grid, { x, y, columns, rows }: Region): void {
  for (let row = 0; row < Math.min(rows, grid.length); row++) {
    const target = into[y + row];
    const source = grid[row];
    if (target === undefined || source === undefined) continue;
    for (let column = 0; column < columns; column++) target[x + column] = source[column];
  }
}
