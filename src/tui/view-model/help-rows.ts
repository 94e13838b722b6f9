/** The rows of the help, made from the tables of keys and slash commands. Pure. */

import { inline, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { blank, clip, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import type { Style } from '../rows/theme.js';
import type { Keymap } from '../screen/keymap.js';
import { KEY_GROUPS } from '../screen/keys.js';
import { SLASH_COMMANDS } from '../screen/slash-commands.js';

interface Line {
  readonly label: string;
  readonly description: string;
  readonly style: Style;
}

interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Columns before the labels. */
const INDENT = 2;

/** In two columns where both fit without being cut. */
export function helpRows(columns: number, keymap: Keymap, symbols: Symbols, textWidth: TextWidth): readonly Row[] {
  const [conversations, writing, screen] = KEY_GROUPS.map(
    ({ title, bindings }): Section => ({
      title,
      lines: bindings.flatMap(({ action, description, isHidden }) => {
        const label = keymap.labelOf(action);
        return isHidden || label === undefined ? [] : [{ label, description, style: 'key' as const }];
      }),
    }),
  );
  const commands: Section = {
    title: 'Commands',
    lines: SLASH_COMMANDS.map(({ name, argument, description }) => ({
      label: `/${name} ${argument}`,
      description,
      style: 'key',
    })),
  };
  const marks: Section = {
    title: 'Marks',
    lines: [
      { label: `${symbols.queued} queued`, description: 'waits for the server', style: 'queued' },
      { label: `${symbols.stored} stored`, description: 'on disk at the server', style: 'stored' },
      { label: `${symbols.delivered} delivered`, description: 'received by the peer', style: 'delivered' },
      { label: `${symbols.failed} failed`, description: 'refused, see the reason', style: 'failed' },
    ],
  };
  const left = [conversations, screen, marks].filter((section) => section !== undefined);
  const right = [writing, commands].filter((section) => section !== undefined);
  const [leftRows, rightRows] = [sectionRows(left, textWidth), sectionRows(right, textWidth)];
  const [leftColumns, rightColumns] = [widest(leftRows, textWidth) + 1, widest(rightRows, textWidth)];
  if (leftColumns + rightColumns > columns) {
    return sectionRows([...left, ...right], textWidth).map((row) => clip(row, columns, textWidth, symbols.ellipsis));
  }
  const half = Math.max(leftColumns, Math.min(Math.floor(columns / 2), columns - rightColumns));
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, index) => [
    ...padEnd(leftRows[index] ?? [], half, textWidth),
    ...(rightRows[index] ?? []),
  ]);
}

const widest = (rows: readonly Row[], textWidth: TextWidth): number =>
  Math.max(...rows.map((row) => widthOf(row, textWidth)));

/** The sections below each other, with all descriptions in one column. */
function sectionRows(sections: readonly Section[], textWidth: TextWidth): Row[] {
  const labelRow = ({ label, style }: Line): Row => [blank(INDENT), span(inline(label), style)];
  const labelColumns = widest(sections.flatMap(({ lines }) => lines).map(labelRow), textWidth);
  return sections.flatMap(({ title, lines }) => [
    [],
    [blank(1), span(inline(title), 'strong')],
    ...lines.map((line) => [
      ...padEnd(labelRow(line), labelColumns, textWidth),
      span(safe`  ${inline(line.description)}`),
    ]),
  ]);
}
