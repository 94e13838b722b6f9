/** Measures text as a terminal shows it: in cells of one or more columns. */
import stringWidth from 'string-width';
import { graphemes, MAX_GRAPHEME_LENGTH } from './graphemes.js';

/** What stands together on the screen, and how many columns it takes: 1, 2, rarely more. */
export interface Cell {
  readonly text: string;
  readonly columns: number;
}

/** The measures of one terminal. */
export interface TextWidth {
  /** The cells of one line of safe text, in order. What has no width of its own joins the cell before it. */
  cells(line: string): Cell[];
  columns(line: string): number;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Graphemes whose width is remembered; one more, and all are forgotten. */
const MAX_REMEMBERED = 10_000;

/** What a mark stands on when nothing is before it. */
const BASE = ' ';

/** @param ambiguousWidth what this terminal takes for characters such as `…` and `Ω`: 2 in some East Asian settings. */
export function createTextWidth(ambiguousWidth: 1 | 2 = 1): TextWidth {
  const remembered = new Map<string, number>();
  const options = { ambiguousIsNarrow: ambiguousWidth === 1 };

  function widthOf(grapheme: string): number {
    let width = remembered.get(grapheme);
    if (width === undefined) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      width = stringWidth(grapheme, options);
      remembered.set(grapheme, width);
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
