/** A message as rows: the day, the line where unread begins, who and when, the text under its gutter, the mark. Pure. */
import { isOwn, type OwnMessage } from '../../history/history.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import type { ConversationItem } from '../model/conversation.js';
import { blank, type Row, type Span, type Style, span, spread, styleOf, widthOf, wrapText } from './row.js';
import type { Symbols } from './symbols.js';
import { lengthOfTime, type TimeText } from './time-text.js';

/** What a message's rows depend on besides the message. */
export interface RowContext {
  readonly me: string;
  readonly columns: number;
  /** Whether there is room for a blank row between groups. */
  readonly isRoomy: boolean;
  readonly textWidth: TextWidth;
  readonly symbols: Symbols;
  readonly time: TimeText;
  readonly now: number;
}

/** A message among its neighbours. */
export interface MessageContext {
  readonly item: ConversationItem;
  readonly before: ConversationItem | undefined;
  /** The own message that follows, if it is near. */
  readonly nextMine: OwnMessage | undefined;
  /** The line where unread begins stands before it. */
  readonly isFirstNew: boolean;
  /** The words with which it was searched for; undefined: it was not. */
  readonly found: string | undefined;
}

/** Messages of one sender that are further apart do not stand in one group. */
const GROUP_MS = 5 * 60_000;

/** What says that two places have the same rows. */
export function rowsKey({ item, before, nextMine, isFirstNew, found }: MessageContext, setting: RowContext): string {
  const { message } = item;
  // The age of what waits is the only thing that changes by itself.
  const age = isOwn(message) && message.state === 'queued' ? lengthOfTime(setting.now - message.at) : '';
  const { columns, isRoomy, time, now } = setting;
  const isFound = found !== undefined;
  const neighbours = [before?.key, before?.isLate, nextMine?.state];
  return [columns, isRoomy, time.day(now), ...neighbours, isFirstNew, isFound, found, age].join();
}

export function rowsOf(place: MessageContext, setting: RowContext): Row[] {
  const { item, before, isFirstNew } = place;
  const { message } = item;
  const { time, columns, now } = setting;
  const isNewDay = before === undefined || time.day(item.latestAt) > time.day(before.latestAt);
  const startsGroup = isNewDay || isFirstNew || !isSameGroup(before, item);
  const rows: Row[] = [];
  if (startsGroup && before !== undefined && setting.isRoomy) rows.push([]);
  if (isNewDay) rows.push(headline(inline(time.dayName(item.latestAt, now)), 'rule', setting));
  if (isFirstNew) rows.push(headline(safe`new`, 'new', setting));
  if (startsGroup) rows.push(headingOf(item, setting));
  rows.push(...bodyOf(place, setting));
  if (isOwn(message) && message.state === 'failed') {
    const why = safe`failed: ${inline(message.why ?? 'refused')}. /resend tries again`;
    const whyRows = wrapText(why, columns - 2, setting.textWidth);
    rows.push(...whyRows.map((text) => [gutter(place, setting, false), blank(1), span(text, 'failed')]));
  }
  return rows.length > 0 ? rows : [[]];
}

function isSameGroup(before: ConversationItem | undefined, { message, isLate }: ConversationItem): boolean {
  if (before === undefined || isLate || before.isLate) return false;
  const { message: other } = before;
  if (isOwn(message) || isOwn(other)) return isOwn(message) && isOwn(other) && message.at - other.at < GROUP_MS;
  return message.replay === undefined && other.replay === undefined && message.at - other.at < GROUP_MS;
}

/** `── Monday 17 November ──────` */
function headline(text: SafeText, style: Style, { columns, textWidth, symbols }: RowContext): Row {
  const rule = (width: number): Span => {
    const count = Math.max(Math.floor(width / textWidth.columns(symbols.horizontal)), 0);
    return span(symbols.horizontal.repeat(count) as SafeText, style);
  };
  const middle = span(safe` ${text} `, style === 'rule' ? 'dim' : style);
  return [rule(2), middle, rule(columns - 2 - textWidth.columns(middle.text))];
}

/** `bob  14:03` */
function headingOf({ message, isLate, latestAt }: ConversationItem, { me, time, now }: RowContext): Row {
  const name = isOwn(message) ? me : message.from;
  const row: Span[] = [span(inline(name), isOwn(message) ? 'me' : styleOf(name)), blank(2)];
  const isOtherDay = time.day(message.at) !== time.day(latestAt);
  if (isOtherDay) row.push(span(inline(`${time.dayName(message.at, now)} `), 'dim'));
  row.push(span(inline(time.clock(message.at)), 'dim'));
  if (isLate) row.push(span(safe`  came late`, 'late'));
  if (!isOwn(message) && message.replay !== undefined) row.push(span(safe`  replay: it was shown before`, 'late'));
  return row;
}

function bodyOf(place: MessageContext, setting: RowContext): Row[] {
  const { message } = place.item;
  const { columns, textWidth, symbols } = setting;
  const widest = Math.max(textWidth.columns(symbols.queued), textWidth.columns(symbols.delivered));
  const indent = textWidth.columns(symbols.gutter) + 1;
  const room = Math.max(columns - indent - (isOwn(message) ? widest + 1 : 0), 1);
  const rows = message.body
    .split('\n')
    .flatMap((line): Row[] => linesOf(block(line), room, place.found ?? '', textWidth))
    .map((line, index): Row => [gutter(place, setting, index === 0), blank(1), ...line]);
  if (!isOwn(message)) return rows;
  const last = rows.pop() ?? [];
  return [...rows, withMark(last, message, place.nextMine, setting)];
}

/** The rows of a line, with the words that were searched for. */
function linesOf(line: SafeText, columns: number, words: string, textWidth: TextWidth): Row[] {
  if (words === '') return wrapText(line, columns, textWidth).map((text) => [span(text)]);
  const cells = textWidth.cells(line);
  const found = foundIn(cells, words);
  return wrap(cells, columns).map(({ from, to }) => {
    const row: Span[] = [];
    for (let index = from; index < to; index++) {
      const style = found.has(index) ? 'found' : 'text';
      const last = row.at(-1);
      const text = cells[index]?.text ?? '';
      if (last?.style === style) row[row.length - 1] = span(`${last.text}${text}` as SafeText, style);
      else row.push(span(text as SafeText, style));
    }
    const last = row.pop();
    return last ? [...row, span(last.text.trimEnd() as SafeText, last.style)] : [span(safe``)];
  });
}

/** The cells that hold the words, in any case; an empty set where a letter has another length in the other case. */
function foundIn(cells: readonly Cell[], words: string): ReadonlySet<number> {
  const found = new Set<number>();
  const cellAt = cells.flatMap(({ text }, index) => new Array<number>(text.length).fill(index));
  const lower = cells
    .map(({ text }) => text)
    .join('')
    .toLowerCase();
  const wanted = words.toLowerCase();
  if (lower.length !== cellAt.length) return found;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, at + wanted.length)) {
    for (const cell of cellAt.slice(at, at + wanted.length)) found.add(cell);
  }
  return found;
}

const gutter = ({ item: { message }, found }: MessageContext, { symbols }: RowContext, isFirst: boolean): Span => {
  const style = found !== undefined ? 'found' : isOwn(message) ? 'me' : styleOf(message.from);
  return span(isFirst ? symbols.gutter : symbols.gutterOn, style);
};

/** The first of a message's rows with words in it that were searched for; 0 when there is none. */
export const rowFound = (rows: readonly Row[]): number =>
  Math.max(
    rows.findIndex(([, , ...line]) => line.some(({ style }) => style === 'found')),
    0,
  );

/** The mark at the right edge; its word where the next own message has another one, and where there is room. */
function withMark(row: Row, said: OwnMessage, next: OwnMessage | undefined, setting: RowContext): Row {
  const { columns, textWidth, symbols, now } = setting;
  const sign = span(symbols[said.state], said.state);
  const age = said.state === 'queued' ? safe` ${inline(lengthOfTime(now - said.at))}` : safe``;
  const word = span(safe` ${inline(said.state)}${age}`, said.state);
  const worded = next?.state === said.state ? [sign] : [sign, word];
  const hasRoom = widthOf(row, textWidth) + 1 + widthOf(worded, textWidth) <= columns;
  return spread(row, hasRoom ? worded : [sign], columns, textWidth, symbols.cut);
}
