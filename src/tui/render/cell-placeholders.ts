/**
 * Hides text from Ink: each cell is replaced by a private-use character that Ink measures as one column, and fillers for its
 * further columns. So TextWidth alone decides about widths, and Ink never sees text from others. Pure.
 */

import type { SafeText } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';

/** Unicode private use planes: their characters have no meaning and no width of their own. */
const FIRST_CODE = 0xf0000;
const LAST_CODE = 0xffffd;
const FILLER = '\u{100000}';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** A cell, and the URL of which it is a part. */
export interface LinkedCell extends Cell {
  readonly link?: string | undefined;
}

/** The placeholders of one drawing. */
export class CellPlaceholders {
  readonly #cells: LinkedCell[] = [];
  readonly #codes = new Map<string, number>();

  constructor(private readonly textWidth: TextWidth) {}

  /** The text for Ink: one character for each column. @param link the URL of which the text is a part. */
  encode(text: SafeText, link?: string): string {
    if (link === undefined && PRINTABLE_ASCII.test(text)) return text;
    let encoded = '';
    for (const cell of this.textWidth.cells(text)) {
      const isPlain = link === undefined && cell.columns === 1 && PRINTABLE_ASCII.test(cell.text);
      encoded += isPlain ? cell.text : this.#placeholderFor(cell, link) + FILLER.repeat(cell.columns - 1);
    }
    return encoded;
  }

  /** The cell that a character stands for; undefined for a filler. */
  decode(character: string): LinkedCell | undefined {
    if (character === FILLER) return undefined;
    const code = character.codePointAt(0) ?? 0;
    return code < FIRST_CODE ? { text: character, columns: 1 } : this.#cells[code - FIRST_CODE];
  }

  #placeholderFor(cell: Cell, link: string | undefined): string {
    const key = link === undefined ? cell.text : `${cell.text} ${link}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = FIRST_CODE + this.#cells.length;
      if (code > LAST_CODE) return '?'; // more different cells than any screen has
      this.#cells.push(link === undefined ? cell : { ...cell, link });
      this.#codes.set(key, code);
    }
    return String.fromCodePoint(code);
  }
}
