/** The help, made from the tables that handle keys and commands. Pure. */

import { inline, safe } from '../../text/safe-text.js';
import type { Ruler } from '../../text/text-width.js';
import { blank, clip, fill, type Row, type Style, span, widthOf } from '../rows/row.js';
import type { Signs } from '../rows/symbols.js';
import { GROUPS, nameOfKey } from '../screen/keys.js';
import { SLASH_COMMANDS } from '../screen/slash-commands.js';

interface Line {
  readonly sign: string;
  readonly says: string;
  readonly style: Style;
}

interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Blanks before the signs. */
const INDENT = 2;

export function helpRows(columns: number, signs: Signs, ruler: Ruler): readonly Row[] {
  const [conversations, writing, screen] = GROUPS.map(
    ({ title, bindings }): Section => ({
      title,
      lines: bindings.flatMap(({ keys: [key = ''], says }) =>
        says === undefined ? [] : [{ sign: nameOfKey(key), says, style: 'key' as const }],
      ),
    }),
  );
  const commands: Section = {
    title: 'Commands',
    lines: SLASH_COMMANDS.map(({ name, takes, says }) => ({ sign: `/${name} ${takes}`, says, style: 'key' })),
  };
  const marks: Section = {
    title: 'Marks',
    lines: [
      { sign: `${signs.queued} queued`, says: 'waits for the server', style: 'queued' },
      { sign: `${signs.stored} stored`, says: 'the server has it', style: 'stored' },
      { sign: `${signs.delivered} delivered`, says: 'the other has it', style: 'delivered' },
      { sign: `${signs.failed} failed`, says: 'and the reason below it', style: 'failed' },
    ],
  };
  const left = [conversations, screen, marks].filter((section) => section !== undefined);
  const right = [writing, commands].filter((section) => section !== undefined);
  const [leftRows, rightRows] = [rowsOf(left, ruler), rowsOf(right, ruler)];
  const [leftColumns, rightColumns] = [widest(leftRows, ruler) + 1, widest(rightRows, ruler)];
  if (leftColumns + rightColumns > columns) {
    return rowsOf([...left, ...right], ruler).map((row) => clip(row, columns, ruler, signs.cut));
  }
  // Side by side, where nothing has to be cut for it.
  const half = Math.max(leftColumns, Math.min(Math.floor(columns / 2), columns - rightColumns));
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, index) => [
    ...fill(leftRows[index] ?? [], half, ruler),
    ...(rightRows[index] ?? []),
  ]);
}

const widest = (rows: readonly Row[], ruler: Ruler): number => Math.max(...rows.map((row) => widthOf(row, ruler)));

/** Sections below each other, with one column for all their signs. */
function rowsOf(sections: readonly Section[], ruler: Ruler): Row[] {
  const signRow = ({ sign, style }: Line): Row => [blank(INDENT), span(inline(sign), style)];
  const signColumns = widest(sections.flatMap(({ lines }) => lines).map(signRow), ruler);
  return sections.flatMap(({ title, lines }) => [
    [],
    [blank(1), span(inline(title), 'strong')],
    ...lines.map((line) => [...fill(signRow(line), signColumns, ruler), span(safe`  ${inline(line.says)}`)]),
  ]);
}
