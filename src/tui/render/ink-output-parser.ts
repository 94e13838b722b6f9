/** Reads what Ink draws: text with SGR sequences, back into cells. Pure. */

import type { Size } from '../rows/screen-regions.js';
import type { CellPlaceholders } from './cell-placeholders.js';
import { BLANK, blankGrid, type Grid, type StyledCell } from './grid.js';

const SGR = /\u001b\[([\d;]*)m/y;

/** The grid of a drawing; what does not fit is not drawn. */
export function parseInkOutput(drawing: string, size: Size, placeholders: CellPlaceholders): Grid {
  const grid = blankGrid(size);
  const style = new StyleState();
  for (const [index, line] of drawing.split('\n').entries()) {
    const row = grid[index];
    readLine(line, row ?? [], row === undefined ? 0 : size.columns, style, placeholders);
  }
  return grid;
}

function readLine(
  line: string,
  row: (StyledCell | undefined)[],
  columns: number,
  style: StyleState,
  placeholders: CellPlaceholders,
): void {
  let column = 0;
  for (let index = 0; index < line.length; ) {
    SGR.lastIndex = index;
    const sequence = SGR.exec(line);
    if (sequence) {
      style.take(sequence[1] ?? '');
      index += sequence[0].length;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(index) ?? 0);
    index += character.length;
    const cell = placeholders.decode(character);
    if (cell === undefined || column >= columns) continue;
    if (column + cell.columns > columns) row.fill(BLANK, column);
    else {
      row[column] = { ...cell, sgr: style.sgr };
      row.fill(undefined, column + 1, column + cell.columns);
    }
    column += cell.columns;
  }
}

/** Which switch each parameter turns off. */
const OFF: Readonly<Record<string, readonly string[]>> = {
  '22': ['1', '2'],
  '23': ['3'],
  '24': ['4'],
  '27': ['7'],
  '28': ['8'],
  '29': ['9'],
};

/** The looks that are switched on. */
class StyleState {
  sgr = '';
  #foreground = '';
  #background = '';
  readonly #switches = new Set<string>();

  take(parameters: string): void {
    const words = parameters === '' ? ['0'] : parameters.split(';');
    for (let index = 0; index < words.length; index++) {
      const word = words[index] ?? '';
      const isLong = word === '38' || word === '48';
      const length = isLong ? (words[index + 1] === '5' ? 3 : 5) : 1;
      this.#apply(words.slice(index, index + length).join(';'), Number(word));
      index += length - 1;
    }
    this.sgr = [...this.#switches, this.#foreground, this.#background].filter((one) => one !== '').join(';');
  }

  #apply(parameter: string, code: number): void {
    if (code === 0) {
      this.#foreground = '';
      this.#background = '';
      this.#switches.clear();
    } else if (code === 39) this.#foreground = '';
    else if (code === 49) this.#background = '';
    else if ((code >= 30 && code <= 38) || (code >= 90 && code <= 97)) this.#foreground = parameter;
    else if ((code >= 40 && code <= 48) || (code >= 100 && code <= 107)) this.#background = parameter;
    else if (parameter in OFF) for (const off of OFF[parameter] ?? []) this.#switches.delete(off);
    else this.#switches.add(parameter);
  }
}
