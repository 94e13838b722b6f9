/** Parses Ink's output, text with SGR sequences, into a grid. Pure. */

import type { Size } from '../rows/screen-regions.js';
import type { CellPlaceholders } from './cell-placeholders.js';
import { BLANK, blankGrid, type Grid } from './grid.js';

const SGR = /\u001b\[([\d;]*)m/y;

/** Output outside of `size` is dropped; a cell that does not fit at the right edge becomes blank. */
export function parseInkOutput(output: string, size: Size, placeholders: CellPlaceholders): Grid {
  const grid = blankGrid(size);
  const style = new StyleState();
  const lines = output.split('\n');
  for (const [y, row] of grid.entries()) {
    const line = lines[y] ?? '';
    let column = 0;
    for (let index = 0; index < line.length; ) {
      SGR.lastIndex = index;
      const sequence = SGR.exec(line);
      if (sequence) {
        style.apply(sequence[1] ?? '');
        index += sequence[0].length;
        continue;
      }
      const character = String.fromCodePoint(line.codePointAt(index) ?? 0);
      index += character.length;
      const cell = placeholders.decode(character);
      if (cell === undefined || column >= size.columns) continue;
      if (column + cell.columns > size.columns) row.fill(BLANK, column);
      else {
        row[column] = { ...cell, sgr: style.sgr };
        row.fill(undefined, column + 1, column + cell.columns);
      }
      column += cell.columns;
    }
  }
  return grid;
}

/** The SGR state: the attributes that are on. */
class StyleState {
  sgr = '';
  #foreground = '';
  #background = '';
  readonly #attributes = new Set<string>();

  apply(parameters: string): void {
    const codes = parameters === '' ? ['0'] : parameters.split(';');
    for (let index = 0; index < codes.length; index++) {
      const code = codes[index] ?? '';
      // 38;5;N and 48;5;N, or 38;2;R;G;B and 48;2;R;G;B.
      const isColor = code === '38' || code === '48';
      const length = isColor ? (codes[index + 1] === '5' ? 3 : 5) : 1;
      this.#applyOne(codes.slice(index, index + length).join(';'), Number(code));
      index += length - 1;
    }
    this.sgr = [...this.#attributes, this.#foreground, this.#background].filter((one) => one !== '').join(';');
  }

  #applyOne(parameter: string, code: number): void {
    if (code === 0) {
      this.#foreground = '';
      this.#background = '';
      this.#attributes.clear();
    } else if (code === 39) this.#foreground = '';
    else if (code === 49) this.#background = '';
    else if ((code >= 30 && code <= 38) || (code >= 90 && code <= 97)) this.#foreground = parameter;
    else if ((code >= 40 && code <= 48) || (code >= 100 && code <= 107)) this.#background = parameter;
    else if (code >= 22 && code <= 29) {
      this.#attributes.delete(String(code - 20));
      if (code === 22) this.#attributes.delete('1'); // neither bold nor dim
    } else this.#attributes.add(parameter);
  }
}
