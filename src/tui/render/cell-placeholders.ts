/**
 * Lets Ink lay out any text: each cell is lent a character that Ink can only measure as one column, and further columns are
 * filled. So one function, the ruler, decides about widths, and none of what others wrote reaches Ink. Pure.
 */

import type { SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';

/** A private plane of Unicode: nothing there has a meaning, or a width of its own. */
const FIRST = 0xf0000;
const LAST = 0xffffd;
const FILLER = '\u{100000}';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** For one drawing. */
export class CellPlaceholders {
  readonly #cells: Cell[] = [];
  readonly #codes = new Map<string, number>();

  constructor(private readonly textWidth: TextWidth) {}

  /** The text for Ink: as many characters as it takes columns. */
  encode(text: SafeText): string {
    if (PRINTABLE_ASCII.test(text)) return text;
    let encoded = '';
    for (const cell of this.textWidth.cells(text)) {
      const isPlain = cell.columns === 1 && PRINTABLE_ASCII.test(cell.text);
      encoded += isPlain ? cell.text : this.#lend(cell) + FILLER.repeat(cell.columns - 1);
    }
    return encoded;
  }

  /** The cell that a character was lent to; undefined for what only fills. */
  decode(character: string): Cell | undefined {
    if (character === FILLER) return undefined;
    const code = character.codePointAt(0) ?? 0;
    return code < FIRST ? { text: character, columns: 1 } : this.#cells[code - FIRST];
  }

  #lend(cell: Cell): string {
    let code = this.#codes.get(cell.text);
    if (code === undefined) {
      code = FIRST + this.#cells.length;
      if (code > LAST) return '?'; // More different characters than any screen has cells.
      this.#cells.push(cell);
      this.#codes.set(cell.text, code);
    }
    return String.fromCodePoint(code);
  }
}
