/** The rows of the list of settings. Pure. */
import { inline, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { blank, clip, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import type { ShownSetting } from '../screen/overlay.js';
import type { Texts } from '../texts/en.js';

interface Drawing {
  readonly textWidth: TextWidth;
  readonly symbols: Symbols;
  readonly texts: Texts;
}

/** Columns of the values, at most; a longer one pushes its meaning to the right. */
const MAX_VALUE_COLUMNS = 28;

export function settingsRows(
  settings: readonly ShownSetting[],
  columns: number,
  { textWidth, symbols, texts: { settings: texts } }: Drawing,
): Row[] {
  const fitted = (row: Row): Row => clip(row, columns, textWidth, symbols.ellipsis);
  const nameOf = ({ key }: ShownSetting): Row => [blank(2), span(inline(key), 'key')];
  const shownValue = ({ value }: ShownSetting): Row => [span(value === '' ? safe`-` : inline(value))];
  const widest = (part: (one: ShownSetting) => Row): number =>
    Math.max(...settings.map((one) => widthOf(part(one), textWidth)));
  const [nameColumns, valueColumns] = [widest(nameOf), Math.min(widest(shownValue), MAX_VALUE_COLUMNS)];
  const rows = settings.map((one): Row => {
    const source = one.source === 'default' ? [] : [span(safe` (${texts.source(one.source)})`, 'dim')];
    const meaning = span(safe`  ${texts.meaning(one.key, one.meaning)}`, 'dim');
    return [
      ...padEnd(nameOf(one), nameColumns, textWidth),
      blank(2),
      ...padEnd(shownValue(one), valueColumns, textWidth),
      meaning,
      ...source,
    ];
  });
  return [
    [blank(1), span(texts.title, 'strong')],
    ...rows,
    [],
    ...texts.hints.map((hint): Row => [blank(1), span(hint, 'dim')]),
  ].map(fitted);
}
