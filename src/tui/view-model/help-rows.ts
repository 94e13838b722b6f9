/** The help, made from the tables that handle keys and commands. Pure. */

import { inline, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { blank, clip, fill, type Row, type Style, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { GROUPS, nameOfKey } from '../screen/keys.js';
import { SLASH_COMMANDS } from '../screen/slash-commands.js';

interface Line {
  readonly sign: string;
  readonly description: string;
  readonly style: Style;
}

interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Blanks before the signs. */
const INDENT = 2;

export function helpRows(columns: number, symbols: Symbols, textWidth: TextWidth): readonly Row[] {
  const [conversations, writing, screen] = GROUPS.map(
    ({ title, bindings }): Section => ({
      title,
      lines: bindings.flatMap(({ keys: [key = ''], description }) =>
        description === undefined ? [] : [{ sign: nameOfKey(key), description, style: 'key' as const }],
      ),
    }),
  );
  const commands: Section = {
    title: 'Commands',
    lines: SLASH_COMMANDS.map(({ name, takes, description }) => ({
      sign: `/${name} ${takes}`,
      description,
      style: 'key',
    })),
  };
  const marks: Section = {
    title: 'Marks',
    lines: [
      { sign: `${symbols.queued} queued`, description: 'waits for the server', style: 'queued' },
      { sign: `${symbols.stored} stored`, description: 'the server has it', style: 'stored' },
      { sign: `${symbols.delivered} delivered`, description: 'the other has it', style: 'delivered' },
      { sign: `${symbols.failed} failed`, description: 'and the reason below it', style: 'failed' },
    ],
  };
  const left = [conversations, screen, marks].filter((section) => section !== undefined);
  const right = [writing, commands].filter((section) => section !== undefined);
  const [leftRows, rightRows] = [rowsOf(left, textWidth), rowsOf(right, textWidth)];
  const [leftColumns, rightColumns] = [widest(leftRows, textWidth) + 1, widest(rightRows, textWidth)];
  if (leftColumns + rightColumns > columns) {
    return rowsOf([...left, ...right], textWidth).map((row) => clip(row, columns, textWidth, symbols.cut));
  }
  // Side by side, where nothing has to be cut for it.
  const half = Math.max(leftColumns, Math.min(Math.floor(columns / 2), columns - rightColumns));
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, index) => [
    ...fill(leftRows[index] ?? [], half, textWidth),
    ...(rightRows[index] ?? []),
  ]);
}

const widest = (rows: readonly Row[], textWidth: TextWidth): number =>
  Math.max(...rows.map((row) => widthOf(row, textWidth)));

/** Sections below each other, with one column for all their signs. */
function rowsOf(sections: readonly Section[], textWidth: TextWidth): Row[] {
  const signRow = ({ sign, style }: Line): Row => [blank(INDENT), span(inline(sign), style)];
  const signColumns = widest(sections.flatMap(({ lines }) => lines).map(signRow), textWidth);
  return sections.flatMap(({ title, lines }) => [
    [],
    [blank(1), span(inline(title), 'strong')],
    ...lines.map((line) => [...fill(signRow(line), signColumns, textWidth), span(safe`  ${inline(line.description)}`)]),
  ]);
}
