/**
 * The messages of a conversation as plain text of full width, to be selected and copied with the terminal: no marks, no
 * indents, no wrapping at words. Pure.
 */
import { isOwn } from '../../history/history.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import type { ConversationItem } from '../model/conversation.js';
import type { Blocks } from '../model/viewport.js';
import { joinText } from './row.js';
import type { TimeFormat } from './time-format.js';

export interface PlainRow {
  readonly text: SafeText;
  /** The next row continues this line: it is not ended, so that the terminal takes both for one line. */
  readonly continues: boolean;
  /** Sender and time. Drawn inverse, which no text of a message can be (R18). */
  readonly isHeading: boolean;
}

interface PlainContext {
  readonly me: string;
  readonly columns: number;
  readonly textWidth: TextWidth;
  readonly time: TimeFormat;
  readonly now: number;
}

export class PlainBlocks implements Blocks {
  constructor(
    private readonly items: readonly ConversationItem[],
    private readonly context: PlainContext,
  ) {}

  get count(): number {
    return this.items.length;
  }

  height(index: number): number {
    return this.rows(index).length;
  }

  key(index: number): string {
    return this.items[index]?.key ?? '';
  }

  indexOf(key: string): number {
    return this.items.findLastIndex((item) => item.key === key);
  }

  rows(index: number): readonly PlainRow[] {
    const message = this.items[index]?.message;
    if (!message) return [];
    const { me, columns, textWidth, time, now } = this.context;
    const day = time.day(message.at) === time.day(now) ? '' : `${time.shortDay(message.at, now)} `;
    const heading = safe`${inline(isOwn(message) ? me : message.from)}  ${inline(day + time.clock(message.at))}`;
    return [
      ...pieces(heading, columns, textWidth).map((row) => ({ ...row, isHeading: true })),
      ...message.body.split('\n').flatMap((line) => pieces(block(line), columns, textWidth)),
    ];
  }
}

/** One line, cut where the terminal would wrap it. */
function pieces(line: SafeText, columns: number, textWidth: TextWidth): PlainRow[] {
  const rows: PlainRow[] = [];
  let from = 0;
  let used = 0;
  const cells = textWidth.cells(line, columns);
  for (const [index, cell] of cells.entries()) {
    if (used + cell.columns > columns && index > from) {
      rows.push({ text: joinText(cells.slice(from, index)), continues: true, isHeading: false });
      from = index;
      used = 0;
    }
    used += cell.columns;
  }
  rows.push({ text: joinText(cells.slice(from)), continues: false, isHeading: false });
  return rows;
}
