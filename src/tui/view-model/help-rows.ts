/** The rows of the help, made from the tables of keys and slash commands. Pure. */

import { type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { blank, clip, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import type { Style } from '../rows/theme.js';
import type { Keymap } from '../screen/keymap.js';
import { KEY_GROUPS } from '../screen/keys.js';
import { commandLabel, SLASH_COMMANDS } from '../screen/slash-commands.js';
import type { Texts } from '../texts/en.js';

interface Line {
  readonly label: SafeText;
  readonly description: SafeText;
  readonly style: Style;
}

interface Section {
  readonly title: SafeText;
  readonly lines: readonly Line[];
}

/** Columns before the labels. */
const INDENT = 2;

/** In two columns where both fit without being cut. */
export function helpRows(
  columns: number,
  keymap: Keymap,
  symbols: Symbols,
  texts: Texts,
  textWidth: TextWidth,
): readonly Row[] {
  const { states, help, commands: doing } = texts;
  const [conversations, writing, screen] = KEY_GROUPS.map(
    ({ title, bindings }): Section => ({
      title: help[title],
      lines: bindings.flatMap(({ action, isHidden }) => {
        const label = keymap.labelOf(action);
        return isHidden || label === undefined
          ? []
          : [{ label, description: texts.actions[action], style: 'key' as const }];
      }),
    }),
  );
  const commands: Section = {
    title: help.commands,
    lines: SLASH_COMMANDS.map((command) => ({
      label: commandLabel(command, texts),
      description: doing[command.name],
      style: 'key',
    })),
  };
  const marks: Section = {
    title: help.marks,
    lines: [
      { label: safe`${symbols.queued} ${states.queued}`, description: help.queued, style: 'queued' },
      { label: safe`${symbols.stored} ${states.stored}`, description: help.stored, style: 'stored' },
      { label: safe`${symbols.delivered} ${states.delivered}`, description: help.delivered, style: 'delivered' },
      { label: safe`${symbols.failed} ${states.failed}`, description: help.failed, style: 'failed' },
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
  const labelRow = ({ label, style }: Line): Row => [blank(INDENT), span(label, style)];
  const labelColumns = widest(sections.flatMap(({ lines }) => lines).map(labelRow), textWidth);
  return sections.flatMap(({ title, lines }) => [
    [],
    [blank(1), span(title, 'strong')],
    ...lines.map((line) => [...padEnd(labelRow(line), labelColumns, textWidth), span(safe`  ${line.description}`)]),
  ]);
}
