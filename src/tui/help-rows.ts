/** The help, made from the tables that handle keys and commands. Pure. */
import type { Ruler } from '../text/ruler.js';
import { inline, safe } from '../text/safe-text.js';
import { GROUPS, nameOfKey } from './keys.js';
import { blank, clip, fill, type Row, type Style, span } from './row.js';
import type { Signs } from './signs.js';
import { SLASH_COMMANDS } from './slash.js';

interface Line {
  readonly sign: string;
  readonly says: string;
  readonly style: Style;
}

interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

const SIGN_COLUMNS = 14;
/** From here on two sections stand side by side. */
const WIDE_COLUMNS = 76;

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
      { sign: `${signs.queued} queued`, says: 'waits here for the server', style: 'queued' },
      { sign: `${signs.stored} stored`, says: 'the server has it on disk', style: 'stored' },
      { sign: `${signs.delivered} delivered`, says: 'it has arrived', style: 'delivered' },
      { sign: `${signs.failed} failed`, says: 'and the reason below it', style: 'failed' },
    ],
  };
  const left = [conversations, screen, marks].filter((section) => section !== undefined);
  const right = [writing, commands].filter((section) => section !== undefined);
  const rowsOf = (sections: readonly Section[], width: number): Row[] =>
    sections.flatMap((section) => sectionRows(section, width, signs, ruler));
  if (columns < WIDE_COLUMNS) return rowsOf([...left, ...right], columns);
  const half = Math.floor(columns / 2);
  const [leftRows, rightRows] = [rowsOf(left, half - 1), rowsOf(right, columns - half)];
  return Array.from({ length: Math.max(leftRows.length, rightRows.length) }, (_, index) => [
    ...fill(leftRows[index] ?? [], half, ruler),
    ...(rightRows[index] ?? []),
  ]);
}

function sectionRows({ title, lines }: Section, columns: number, signs: Signs, ruler: Ruler): Row[] {
  const rows: Row[] = [[], [blank(1), span(inline(title), 'strong')]];
  for (const { sign, says, style } of lines) {
    const signRow = fill([blank(2), span(inline(sign), style)], SIGN_COLUMNS + 2, ruler);
    rows.push(clip([...signRow, span(safe` ${inline(says)}`)], columns, ruler, signs.cut));
  }
  return rows;
}
