/** A message as rows: the day, the line where unread begins, who and when, the text under its gutter, the mark. Pure. */
import { isMine, type SaidByMe } from '../../history/history.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Cell, Ruler } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import type { Item } from '../model/conversation.js';
import { blank, fill, type Row, type Span, type Style, span, spread, styleOf, widthOf, wrapText } from './row.js';
import type { Signs } from './symbols.js';
import { lengthOfTime, type TimeText } from './time-text.js';

/** What a message's rows depend on besides the message. */
export interface Setting {
  readonly me: string;
  readonly columns: number;
  /** Whether there is room for a blank row between groups. */
  readonly isRoomy: boolean;
  readonly ruler: Ruler;
  readonly signs: Signs;
  readonly time: TimeText;
  readonly now: number;
}

/** A message among its neighbours. */
export interface Place {
  readonly item: Item;
  readonly before: Item | undefined;
  /** The own message that follows, if it is near. */
  readonly nextMine: SaidByMe | undefined;
  /** The line where unread begins stands before it. */
  readonly isFirstNew: boolean;
  /** The words with which it was searched for; undefined: it was not. */
  readonly found: string | undefined;
}

/** Messages of one sender that are further apart do not stand in one group. */
const GROUP_MS = 5 * 60_000;

/** What says that two places have the same rows. */
export function rowsKey({ item, before, nextMine, isFirstNew, found }: Place, setting: Setting): string {
  const { said } = item;
  // The age of what waits is the only thing that changes by itself.
  const age = isMine(said) && said.state === 'queued' ? lengthOfTime(setting.now - said.at) : '';
  const { columns, isRoomy, time, now } = setting;
  const isFound = found !== undefined;
  const neighbours = [before?.key, before?.isLate, nextMine?.state];
  return [columns, isRoomy, time.day(now), ...neighbours, isFirstNew, isFound, found, age].join();
}

export function rowsOf(place: Place, setting: Setting): Row[] {
  const { item, before, isFirstNew } = place;
  const { said } = item;
  const { time, columns, now } = setting;
  const isNewDay = before === undefined || time.day(item.latestAt) > time.day(before.latestAt);
  const startsGroup = isNewDay || isFirstNew || !isSameGroup(before, item);
  const rows: Row[] = [];
  if (startsGroup && before !== undefined && setting.isRoomy) rows.push([]);
  if (isNewDay) rows.push(headline(inline(time.dayName(item.latestAt, now)), 'rule', setting));
  if (isFirstNew) rows.push(headline(safe`new`, 'new', setting));
  if (startsGroup) rows.push(headingOf(item, setting));
  rows.push(...bodyOf(place, setting));
  if (isMine(said) && said.state === 'failed') {
    const why = safe`failed: ${inline(said.why ?? 'refused')}. /resend tries again`;
    const whyRows = wrapText(why, columns - 2, setting.ruler);
    rows.push(...whyRows.map((text) => [gutter(place, setting, false), blank(1), span(text, 'failed')]));
  }
  return rows.length > 0 ? rows : [[]];
}

function isSameGroup(before: Item | undefined, { said, isLate }: Item): boolean {
  if (before === undefined || isLate || before.isLate) return false;
  const { said: other } = before;
  if (isMine(said) || isMine(other)) return isMine(said) && isMine(other) && said.at - other.at < GROUP_MS;
  return said.replay === undefined && other.replay === undefined && said.at - other.at < GROUP_MS;
}

/** `── Monday 17 November ──────` */
function headline(text: SafeText, style: Style, { columns, ruler, signs }: Setting): Row {
  const rule = (width: number): Span => {
    const count = Math.max(Math.floor(width / ruler.columns(signs.horizontal)), 0);
    return span(signs.horizontal.repeat(count) as SafeText, style);
  };
  const middle = span(safe` ${text} `, style === 'rule' ? 'dim' : style);
  return [rule(2), middle, rule(columns - 2 - ruler.columns(middle.text))];
}

/** `bob  14:03` */
function headingOf({ said, isLate, latestAt }: Item, { me, time, now }: Setting): Row {
  const name = isMine(said) ? me : said.from;
  const row: Span[] = [span(inline(name), isMine(said) ? 'me' : styleOf(name)), blank(2)];
  const isOtherDay = time.day(said.at) !== time.day(latestAt);
  if (isOtherDay) row.push(span(inline(`${time.dayName(said.at, now)} `), 'dim'));
  row.push(span(inline(time.clock(said.at)), 'dim'));
  if (isLate) row.push(span(safe`  came late`, 'late'));
  if (!isMine(said) && said.replay !== undefined) row.push(span(safe`  replay: it was shown before`, 'late'));
  return row;
}

function bodyOf(place: Place, setting: Setting): Row[] {
  const { said } = place.item;
  const { columns, ruler, signs } = setting;
  const widest = Math.max(ruler.columns(signs.queued), ruler.columns(signs.delivered));
  const indent = ruler.columns(signs.gutter) + 1;
  const room = Math.max(columns - indent - (isMine(said) ? widest + 1 : 0), 1);
  const rows = said.body
    .split('\n')
    .flatMap((line): Row[] => linesOf(block(line), room, place.found ?? '', ruler))
    .map((line, index): Row => [gutter(place, setting, index === 0), blank(1), ...line]);
  if (!isMine(said)) return rows;
  const last = rows.pop() ?? [];
  return [...rows, withMark(last, said, place.nextMine, setting)];
}

/** The rows of a line, with the words that were searched for. */
function linesOf(line: SafeText, columns: number, words: string, ruler: Ruler): Row[] {
  if (words === '') return wrapText(line, columns, ruler).map((text) => [span(text)]);
  const cells = ruler.cells(line);
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

const gutter = ({ item: { said }, found }: Place, { signs }: Setting, isFirst: boolean): Span => {
  const style = found !== undefined ? 'found' : isMine(said) ? 'me' : styleOf(said.from);
  return span(isFirst ? signs.gutter : signs.gutterOn, style);
};

/** The first of a message's rows with words in it that were searched for; 0 when there is none. */
export const rowFound = (rows: readonly Row[]): number =>
  Math.max(
    rows.findIndex(([, , ...line]) => line.some(({ style }) => style === 'found')),
    0,
  );

/** The mark at the right edge; its word where the next own message has another one, and where there is room. */
function withMark(row: Row, said: SaidByMe, next: SaidByMe | undefined, setting: Setting): Row {
  const { columns, ruler, signs, now } = setting;
  const sign = span(signs[said.state], said.state);
  const age = said.state === 'queued' ? safe` ${inline(lengthOfTime(now - said.at))}` : safe``;
  const word = span(safe` ${inline(said.state)}${age}`, said.state);
  const worded = next?.state === said.state ? [sign] : [sign, word];
  const hasRoom = widthOf(row, ruler) + 1 + widthOf(worded, ruler) <= columns;
  return spread(row, hasRoom ? worded : [sign], columns, ruler, signs.cut);
}

/** Rows as wide as the screen: what is behind them is covered. */
export const filled = (rows: readonly Row[], { columns, ruler }: Setting): Row[] =>
  rows.map((row) => fill(row, columns, ruler));
