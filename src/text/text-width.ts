/**
 * Measures text as a terminal shows it, in cells of one or more columns. tmux, xterm and VTE move the cursor by each code point;
 * other terminals by each grapheme. So a grapheme of letters and marks takes the columns of its code points: on no terminal does
 * the next one cover it, and where it takes less a gap follows. Joined emoji take the columns of one: the painter sets the
 * position after them.
 */
import stringWidth from 'string-width';
import { graphemes, MAX_GRAPHEME_LENGTH } from './graphemes.js';

/** A piece of text that is drawn as one unit, and its width: 1, 2, rarely more columns. */
export interface Cell {
  readonly text: string;
  readonly columns: number;
  /** The width on a terminal that does not join emoji; undefined when it is the same. */
  readonly unjoinedColumns?: number;
}

/** Measures text for one terminal. */
export interface TextWidth {
  /**
   * The cells of one line of safe text, in order. A grapheme without width is appended to the cell before it, and a letter to
   * a cell that ends with a joiner: tmux draws them into one. Letters of one cell are separate if it is wider than `maxColumns`.
   */
  cells(line: string, maxColumns?: number): Cell[];
  columns(line: string): number;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Graphemes whose cells are cached; when there are more, the cache is cleared. */
const MAX_CACHED = 10_000;

/** The base of a mark at the start of a line. */
const BASE = ' ';

/** An emoji that is joined from several code points: a flag, a keycap, one with a skin tone, a family. */
const JOINED_EMOJI =
  /^(\p{Regional_Indicator}{2}|[#*\d]\ufe0f?\u20e3|\p{Extended_Pictographic}(\u200d|\ufe0f|\u20e3|[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{e0020}-\u{e007f}])+)$/u;
const EMOJI_COLUMNS = 2;
const WIDEST_CODE_POINT = 2;

const JOINER = '\u200d';

/** Asks for the emoji form of the character before it: tmux then makes any character wide. */
const EMOJI_SELECTOR = '\ufe0f';

/** Code points that string-width measures for themselves, while terminals take them as part of a text. */
const EXCEPTIONS: readonly { readonly columns: number; readonly characters: RegExp }[] = [
  { columns: 0, characters: /^[\u1160-\u11ff\ud7b0-\ud7fb]$/ }, // vowels and final consonants of Hangul
  { columns: 1, characters: /^[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\uffa0\u{110bd}\u{110cd}]$/u }, // visible format characters
  { columns: 2, characters: /^[\u115f\u3164]$/ }, // fillers of Hangul
  { columns: 2, characters: /^[\u3248-\u324f\p{Emoji_Modifier_Base}\p{Regional_Indicator}]$/u }, // wide on some terminals
];

function isAppended(before: Cell, cell: Cell, maxColumns: number): boolean {
  if (cell.columns === 0) return before.text.length <= MAX_GRAPHEME_LENGTH;
  if (!before.text.endsWith(JOINER) || PRINTABLE_ASCII.test(cell.text)) return false;
  const isEmoji = before.unjoinedColumns !== undefined || cell.unjoinedColumns !== undefined;
  const fits = before.columns + cell.columns <= maxColumns && before.text.length <= MAX_GRAPHEME_LENGTH;
  return fits && !isEmoji;
}

/** @param ambiguousWidth the width of characters such as `…` and `Ω` on this terminal: 2 in some East Asian settings. */
export function createTextWidth(ambiguousWidth: 1 | 2 = 1): TextWidth {
  const cache = new Map<string, Cell>();
  const options = { ambiguousIsNarrow: ambiguousWidth === 1 };

  const columnsOf = (codePoint: string): number =>
    EXCEPTIONS.find(({ characters }) => characters.test(codePoint))?.columns ?? stringWidth(codePoint, options);

  function measure(text: string): Cell {
    const sum = Array.from(text, columnsOf).reduce((total, columns) => total + columns, 0);
    if (!JOINED_EMOJI.test(text)) return { text, columns: text.includes(EMOJI_SELECTOR) ? Math.max(sum, 2) : sum };
    return { text, columns: EMOJI_COLUMNS, ...(sum > EMOJI_COLUMNS && { unjoinedColumns: sum }) };
  }

  function cellOf(text: string): Cell {
    let cell = cache.get(text);
    if (cell === undefined) {
      if (cache.size >= MAX_CACHED) cache.clear();
      cell = measure(text);
      cache.set(text, cell);
    }
    return cell;
  }

  function cells(line: string, maxColumns = Number.POSITIVE_INFINITY): Cell[] {
    if (PRINTABLE_ASCII.test(line)) return Array.from(line, (text) => ({ text, columns: 1 }));
    const found: Cell[] = [];
    for (const grapheme of graphemes(line)) {
      const cell = cellOf(grapheme);
      const most = Math.max(maxColumns, WIDEST_CODE_POINT);
      if (cell.columns <= most) append(found, cell, most);
      else for (const codePoint of grapheme) append(found, cellOf(codePoint), most);
    }
    return found;
  }

  function append(found: Cell[], cell: Cell, maxColumns: number): void {
    const before = found.at(-1);
    if (before !== undefined && isAppended(before, cell, maxColumns)) {
      found[found.length - 1] = { ...before, text: before.text + cell.text, columns: before.columns + cell.columns };
    } else found.push(cell.columns > 0 ? cell : cellOf(BASE + cell.text));
  }

  return {
    cells,
    columns: (line) =>
      PRINTABLE_ASCII.test(line) ? line.length : cells(line).reduce((sum, { columns }) => sum + columns, 0),
  };
}
