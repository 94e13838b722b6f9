/** What the beginning of a command may become, as rows: who types `/` sees what there is. Pure. */

import { inline } from '../../text/safe-text.js';
import type { Ruler } from '../../text/text-width.js';
import { blank, clip, fill, type Row, span } from '../rows/row.js';
import type { Signs } from '../rows/symbols.js';
import type { Offer } from '../screen/slash-commands.js';

const SIGN_COLUMNS = 15;

export const offerRows = (offers: readonly Offer[], columns: number, signs: Signs, ruler: Ruler): readonly Row[] =>
  offers.map(({ sign, says }) => {
    const signRow = fill([blank(2), span(inline(sign), 'key')], SIGN_COLUMNS + 2, ruler);
    return clip([...signRow, blank(1), span(inline(says), 'dim')], columns, ruler, signs.cut);
  });
