/** Measures text as a terminal shows it, in cells of one or more columns. */
import stringWidth from 'string-width';
import { graphemes, MAX_GRAPHEME_LENGTH } from './graphemes.js';

/** A piece of text that is drawn as one unit, and its width: 1, 2, rarely more columns. */
export interface Cell {
  readonly text: string;
  readonly columns: number;
}

/** Measures text for one terminal. */
export interface TextWidth {
  /** The cells of one line of safe text, in order. A grapheme without width is appended to the cell before it. */
  cells(line: string): Cell[];
  columns(line: string): number;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Graphemes whose width is cached; when there are more, the cache is cleared. */
const MAX_CACHED = 10_000;

/** The base of a mark at the start of a line. */
const BASE = ' ';

/** @param ambiguousWidth the width of characters such as `…` and `Ω` on this terminal: 2 in some East Asian settings. */
export function createTextWidth(ambiguousWidth: 1 | 2 = 1): TextWidth {
  const cache = new Map<string, number>();
  const options = { ambiguousIsNarrow: ambiguousWidth === 1 };

  function widthOf(grapheme: string): number {
    let width = cache.get(grapheme);
    if (width === undefined) {
      if (cache.size >= MAX_CACHED) cache.clear();
      width = stringWidth(grapheme, options);
      cache.set(grapheme, width);
    }
    return width;
  }

  function cells(line: string): Cell[] {
    if (PRINTABLE_ASCII.test(line)) return Array.from(line, (text) => ({ text, columns: 1 }));
    const found: Cell[] = [];
    for (const text of graphemes(line)) {
      const columns = widthOf(text);
      const before = found.at(-1);
      if (columns > 0) found.push({ text, columns });
      else if (before === undefined || before.text.length > MAX_GRAPHEME_LENGTH) {
        found.push({ text: BASE + text, columns: 1 });
      } else found[found.length - 1] = { text: before.text + text, columns: before.columns };
    }
    return found;
  }

  return {
    cells,
    columns: (line) =>
      PRINTABLE_ASCII.test(line) ? line.length : cells(line).reduce((sum, { columns }) => sum + columns, 0),
  };
}
