/** What the beginning of a command may become, as rows: who types `/` sees what there is. Pure. */

import { inline } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { blank, clip, fill, type Row, span } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import type { Completion } from '../screen/slash-commands.js';

const SIGN_COLUMNS = 15;

export const completionRows = (
  offers: readonly Completion[],
  columns: number,
  symbols: Symbols,
  textWidth: TextWidth,
): readonly Row[] =>
  offers.map(({ sign, description }) => {
    const signRow = fill([blank(2), span(inline(sign), 'key')], SIGN_COLUMNS + 2, textWidth);
    return clip([...signRow, blank(1), span(inline(description), 'dim')], columns, textWidth, symbols.cut);
  });
