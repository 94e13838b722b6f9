/** A message as rows: the day, the line where unread begins, who and when, the text under its gutter, the mark. Pure. */
import { isMine, type SaidByMe } from '../history/history.js';
import type { Ruler } from '../text/ruler.js';
import { block, inline, type SafeText, safe } from '../text/safe-text.js';
import { wrap } from '../text/wrap.js';
import type { Item } from './conversation.js';
import { blank, fill, type Row, type Span, type Style, span, spread, styleOf, widthOf } from './row.js';
import type { Signs } from './signs.js';
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
  /** It was searched for. */
  readonly isFound: boolean;
}

/** Messages of one sender that are further apart do not stand in one group. */
const GROUP_MS = 5 * 60_000;

/** What says that two places have the same rows. */
export function rowsKey({ item, before, nextMine, isFirstNew, isFound }: Place, setting: Setting): string {
  const { said } = item;
  // The age of what waits is the only thing that changes by itself.
  const age = isMine(said) && said.state === 'queued' ? lengthOfTime(setting.now - said.at) : '';
  const { columns, isRoomy, time, now } = setting;
  return [
    columns,
    isRoomy,
    time.day(now),
    before?.key,
    before?.isLate,
    nextMine?.state,
    isFirstNew,
    isFound,
    age,
  ].join();
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
    rows.push(
      ...wrapped(why, columns - 2, setting).map((text) => [gutter(place, setting), blank(1), span(text, 'failed')]),
    );
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
  const rows: Row[] = said.body
    .split('\n')
    .flatMap((line) => wrapped(block(line), room, setting))
    .map((text) => [gutter(place, setting), blank(1), span(text)]);
  if (!isMine(said)) return rows;
  const last = rows.pop() ?? [];
  return [...rows, withMark(last, said, place.nextMine, setting)];
}

const gutter = ({ item: { said }, isFound }: Place, { signs }: Setting): Span =>
  span(signs.gutter, isFound ? 'found' : isMine(said) ? 'me' : styleOf(said.from));

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

/** The rows of a line; spaces at their ends, which may be too many, are not drawn. */
function wrapped(line: SafeText, columns: number, { ruler }: Setting): SafeText[] {
  const cells = ruler.cells(line);
  return wrap(cells, columns).map(({ from, to }) => {
    const text = cells.slice(from, to).map((cell) => cell.text);
    return text.join('').trimEnd() as SafeText;
  });
}

/** Rows as wide as the screen: what is behind them is covered. */
export const filled = (rows: readonly Row[], { columns, ruler }: Setting): Row[] =>
  rows.map((row) => fill(row, columns, ruler));
