/** A model of terminals that differ in the width of text: the bytes of the painter go in, and its rows show what is on the screen. */
import type { Size } from '../../src/tui/rows/screen-regions.js';
import { readMeasuredWidths } from './widths/measured-widths.js';

/**
 * What a code point does to the one before it:
 * - `marks`: only those without width join it, as in xterm and VTE.
 * - `tmux`: also what follows a joiner, the second half of a flag, and a skin tone. The emoji selector makes it wide.
 * - `graphemes`: all of a grapheme, which is as wide as its first code point, or two columns if it is an emoji.
 */
export type Joining = 'marks' | 'tmux' | 'graphemes';

/** Every kind of terminal. Where real ones differ, a code point has the least or the most columns. */
export const KINDS: readonly { readonly joining: Joining; readonly width: 'least' | 'most' }[] = [
  { joining: 'marks', width: 'least' },
  { joining: 'marks', width: 'most' },
  { joining: 'tmux', width: 'most' },
  { joining: 'graphemes', width: 'most' },
];

const WIDTHS = readMeasuredWidths().widths;
const SEQUENCE = /\u001b\[(\??[\d;]*)([A-Za-z])/y;
const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const EMOJI_SELECTOR = '\ufe0f';

export class TerminalModel {
  /** After a character in the last column the cursor is behind it: a mark still joins it, and the next character replaces it. */
  x = 0;
  #y = 0;
  /** A wide character is followed by an empty text. */
  readonly #rows: string[][];

  constructor(
    private readonly size: Size,
    private readonly kind: (typeof KINDS)[number],
  ) {
    this.#rows = Array.from({ length: size.rows }, () => new Array<string>(size.columns).fill(' '));
  }

  /** The rows, without blanks at their ends. */
  rows(): string[] {
    return this.#rows.map((row) => row.join('').trimEnd());
  }

  /** The text that begins in a column; empty for the second half of a wide character. */
  at(x: number, y: number): string | undefined {
    return this.#rows[y]?.[x];
  }

  write(bytes: string): void {
    for (let index = 0; index < bytes.length; ) {
      SEQUENCE.lastIndex = index;
      const [sequence, parameters = '', final = ''] = SEQUENCE.exec(bytes) ?? [];
      const character = String.fromCodePoint(bytes.codePointAt(index) ?? 0);
      if (sequence === undefined) this.#print(character);
      else this.#control(parameters, final);
      index += (sequence ?? character).length;
    }
  }

  #control(parameters: string, final: string): void {
    const [first = 1, second = 1] = parameters.split(';').map((parameter) => Number(parameter) || 1);
    if (final === 'H') [this.x, this.#y] = [second - 1, first - 1];
    else if (final === 'G') this.x = first - 1;
    else if (final === 'X') this.#put(this.x, new Array<string>(first).fill(' '));
    else if (final === 'K') this.#put(this.x, new Array<string>(this.size.columns).fill(' '));
    else if (!/[mhl]/.test(final)) throw new Error(`unknown sequence CSI ${parameters} ${final}`);
  }

  #print(character: string): void {
    const width = WIDTHS.get(character.codePointAt(0) ?? 0)?.[this.kind.width] ?? 1;
    const before = this.#before();
    if (before !== undefined && this.#joins(before.text, character, width)) {
      const isWide =
        before.columns > 1 || width > 1 || character === EMOJI_SELECTOR || /\p{Emoji_Modifier}/u.test(character);
      const columns = this.kind.joining === 'marks' || !isWide ? before.columns : 2;
      this.#put(before.x, [before.text + character, ...new Array<string>(columns - 1).fill('')]);
      this.x = Math.min(before.x + columns, this.size.columns);
    } else if (width > 0) this.#printAlone(character, width);
  }

  #printAlone(character: string, width: number): void {
    const last = this.size.columns - width;
    // At the edge tmux drops a wide character, others draw it over the one before.
    if (this.x > last && this.kind.joining === 'tmux') return;
    const x = Math.min(this.x, last);
    this.#put(x, [character, ...new Array<string>(width - 1).fill('')]);
    this.x = x + width;
  }

  /** The character to the left of the cursor. */
  #before(): { readonly x: number; readonly text: string; readonly columns: number } | undefined {
    let x = this.x - 1;
    while (x > 0 && this.#rows[this.#y]?.[x] === '') x -= 1;
    const text = this.#rows[this.#y]?.[x];
    return text === undefined ? undefined : { x, text, columns: this.x - x };
  }

  #joins(before: string, character: string, width: number): boolean {
    if (width === 0 || character === EMOJI_SELECTOR) return true;
    const [first = ''] = before;
    switch (this.kind.joining) {
      case 'marks':
        return false;
      case 'graphemes':
        return [...SEGMENTER.segment(before + character)].length === 1 && before !== ' ';
      case 'tmux':
        if (character < '\u0080' || first < '\u0080') return false;
        if (/\p{Emoji_Modifier}/u.test(character) || before.endsWith('\u200d')) return true;
        return /\p{Regional_Indicator}/u.test(character) && /^\p{Regional_Indicator}/u.test(before);
    }
  }

  /** Puts texts into columns; a wide character of which a half is overwritten vanishes. */
  #put(x: number, texts: readonly string[]): void {
    const row = this.#rows[this.#y] ?? [];
    const end = Math.min(x + texts.length, this.size.columns);
    if (row[x] === '')
      for (let start = x - 1; start >= 0; start--) {
        const wasStart = row[start] !== '';
        row[start] = ' ';
        if (wasStart) break;
      }
    for (let rest = end; row[rest] === ''; rest++) row[rest] = ' ';
    texts.slice(0, end - x).forEach((text, index) => {
      row[x + index] = text;
    });
  }
}
