/** Renders a message as rows: date line, `new` divider, heading, body with its gutter, state mark, failure. Pure. */
import { type HistoryMessage, isOwn, type OwnMessage } from '../../history/history.js';
import { ERRORS } from '../../protocol/error-codes.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Cell, TextWidth } from '../../text/text-width.js';
import { wrap } from '../../text/wrap.js';
import { type ConversationItem, isUnsent } from '../model/conversation.js';
import type { Texts } from '../texts/en.js';
import { linksIn } from './links.js';
import { blank, clip, joinText, justify, nameStyle, type Row, type Span, span, widthOf, wrapText } from './row.js';
import type { Symbols } from './symbols.js';
import type { Style } from './theme.js';
import { shortDuration, type TimeFormat } from './time-format.js';

/** What the rows of every message depend on. */
export interface RowContext {
  readonly me: string;
  readonly columns: number;
  /** Whether groups are separated by a blank row. */
  readonly hasSpacing: boolean;
  /** Whether URLs are clickable. */
  readonly hasLinks: boolean;
  readonly textWidth: TextWidth;
  readonly symbols: Symbols;
  readonly texts: Texts;
  readonly time: TimeFormat;
  readonly now: number;
}

/** A message, and what its rows depend on in the conversation. */
export interface MessageContext {
  readonly item: ConversationItem;
  readonly previous: ConversationItem | undefined;
  /** The next own message, if it is near: a state is written out only where the next one has another state. */
  readonly nextOwn: OwnMessage | undefined;
  /** Why messages to the peer stay queued; shown below the last one of them. */
  readonly delay: SafeText | undefined;
  /** Whether the `new` divider is above it. */
  readonly hasDivider: boolean;
  /** What it is about, if it is an answer; undefined when it is not. */
  readonly quote: Quote | undefined;
  /** Text to highlight in it; undefined when the message is not highlighted at all. */
  readonly highlight: string | undefined;
}

/** The message that an answer is about; without `message`: only its id is known. */
export interface Quote {
  readonly id: string;
  readonly message: HistoryMessage | undefined;
}

/** Messages of one sender share a heading if they are at most this far apart. */
const GROUP_MS = 5 * 60_000;

/** Equal keys mean equal rows for the same item. */
export function rowsCacheKey(
  { item, previous, nextOwn, delay, hasDivider, quote, highlight }: MessageContext,
  { columns, hasSpacing, time, now }: RowContext,
): string {
  const { message } = item;
  // The age of a queued message is the only thing that changes with time.
  const isQueued = isOwn(message) && message.state === 'queued';
  const queued = isQueued ? `${shortDuration(now - message.at)} ${delay}` : '';
  const neighbors = [previous?.key, previous?.isLate, nextOwn?.state, quote?.message?.at];
  return [
    columns,
    hasSpacing,
    time.day(now),
    ...neighbors,
    hasDivider,
    highlight !== undefined,
    highlight,
    queued,
  ].join();
}

/** All rows of a message, at least one. */
export function messageRows(messageContext: MessageContext, context: RowContext): Row[] {
  const { item, previous, hasDivider } = messageContext;
  const { message } = item;
  const { time, texts, now } = context;
  const isNewDay = previous === undefined || time.day(item.latestAt) > time.day(previous.latestAt);
  const startsGroup = isNewDay || hasDivider || !isSameGroup(previous, item);
  const rows: Row[] = [];
  if (startsGroup && previous !== undefined && context.hasSpacing) rows.push([]);
  if (isNewDay) rows.push(titledRule(inline(time.dayName(item.latestAt, now)), 'rule', context));
  if (hasDivider) rows.push(titledRule(texts.messages.new, 'new', context));
  if (startsGroup) rows.push(headingRow(item, context));
  if (messageContext.quote) rows.push(quoteRow(messageContext.quote, messageContext, context));
  rows.push(...bodyRows(messageContext, context));
  if (isOwn(message)) rows.push(...reasonRows(message, messageContext, context));
  return rows;
}

/** The server refuses its id from then on: only the operator can put it back. */
const PURGED = ERRORS.purged.description;

/** Why a message failed, or stays queued. */
function reasonRows(message: OwnMessage, messageContext: MessageContext, context: RowContext): Row[] {
  const { nextOwn, delay } = messageContext;
  const { state, why } = message;
  const { messages, reasons } = context.texts;
  const isLastQueued = state === 'queued' && nextOwn?.state !== 'queued';
  if (state !== 'failed' && !(isLastQueued && delay !== undefined)) return [];
  const refusal = why === undefined ? messages.refused : reasons.refusal(why);
  const failure = why === PURGED || isUnsent(message) ? messages.failed : messages.failedForNow;
  const reason = state === 'failed' ? failure(refusal) : messages.queued(delay ?? safe``);
  const rows = wrapText(reason, context.columns - 2, context.textWidth);
  return rows.map((text) => [gutter(messageContext, context, false), blank(1), span(text, state)]);
}

const isReplay = (message: HistoryMessage): boolean => !isOwn(message) && message.replay !== undefined;

function isSameGroup(previous: ConversationItem | undefined, { message, isLate }: ConversationItem): boolean {
  if (previous === undefined || isLate || previous.isLate) return false;
  const { message: other } = previous;
  if (isOwn(message) !== isOwn(other) || isReplay(message) || isReplay(other)) return false;
  return message.at - other.at < GROUP_MS;
}

/** `── Monday 17 November ──────` */
function titledRule(text: SafeText, style: Style, { columns, textWidth, symbols }: RowContext): Row {
  const rule = (width: number): Span => {
    const count = Math.max(Math.floor(width / textWidth.columns(symbols.horizontal)), 0);
    return span(symbols.horizontal.repeat(count) as SafeText, style);
  };
  const middle = span(safe` ${text} `, style === 'rule' ? 'dim' : style);
  return [rule(2), middle, rule(columns - 2 - textWidth.columns(middle.text))];
}

/** `bob  14:03` */
function headingRow({ message, isLate, latestAt }: ConversationItem, { me, time, texts, now }: RowContext): Row {
  const name = isOwn(message) ? me : message.from;
  const row: Span[] = [span(inline(name), isOwn(message) ? 'me' : nameStyle(name)), blank(2)];
  const isOtherDay = time.day(message.at) !== time.day(latestAt);
  if (isOtherDay) row.push(span(inline(`${time.dayName(message.at, now)} `), 'dim'));
  row.push(span(inline(time.clock(message.at)), 'dim'));
  if (isLate) row.push(span(safe`  ${texts.messages.late}`, 'late'));
  if (isReplay(message)) row.push(span(safe`  ${texts.messages.replay}`, 'late'));
  return row;
}

/** `re bob: the beginning of what he wrote`. No body can begin as this row does (R18). */
function quoteRow({ id, message }: Quote, messageContext: MessageContext, context: RowContext): Row {
  const { columns, me, textWidth, symbols, texts } = context;
  const gutterSpan = span(symbols.gutterQuote, gutter(messageContext, context, true).style);
  const text = message
    ? texts.messages.quote(inline(isOwn(message) ? me : message.from), inline(beginningOf(message.body, columns)))
    : texts.messages.quoteMissing(inline(id));
  return clip([gutterSpan, blank(1), span(text, 'dim')], columns, textWidth, symbols.ellipsis);
}

/** The first line with text, as far as it can be seen. */
function beginningOf(body: string, columns: number): string {
  const from = body.search(/\S/);
  if (from < 0) return '';
  const line = body.slice(from, from + 4 * columns).split('\n', 1)[0] ?? '';
  return line.toWellFormed();
}

function bodyRows(messageContext: MessageContext, context: RowContext): Row[] {
  const { message } = messageContext.item;
  const { columns, textWidth, symbols } = context;
  const widest = Math.max(textWidth.columns(symbols.queued), textWidth.columns(symbols.delivered));
  const indent = textWidth.columns(symbols.gutter) + 1;
  const room = Math.max(columns - indent - (isOwn(message) ? widest + 1 : 0), 1);
  const rows = message.body
    .split('\n')
    .flatMap((line): Row[] => lineRows(block(line), room, messageContext.highlight ?? '', context))
    .map((line, index): Row => {
      const isFirst = index === 0 && messageContext.quote === undefined;
      return [gutter(messageContext, context, isFirst), blank(1), ...line];
    });
  if (!isOwn(message)) return rows;
  const last = rows.pop() ?? [];
  return [...rows, withStateMark(last, message, messageContext.nextOwn, context)];
}

/** The rows of one line of a body, with its URLs, and all matches of the query highlighted. */
function lineRows(line: SafeText, columns: number, query: string, { textWidth, hasLinks }: RowContext): Row[] {
  const mayHaveLinks = hasLinks && line.includes('://');
  if (query === '' && !mayHaveLinks) return wrapText(line, columns, textWidth).map((text) => [span(text)]);
  const cells = textWidth.cells(line, columns);
  const matches = query === '' ? NO_CELLS : matchingCells(cells, query);
  const targets = mayHaveLinks ? targetsOf(cells) : [];
  return wrap(cells, columns).map(({ from, to }) => {
    const row: Span[] = [];
    for (let index = from; index < to; index++) {
      const style = matches.has(index) ? 'match' : 'text';
      const last = row.at(-1);
      const text = cells[index]?.text ?? '';
      const link = targets[index];
      if (last?.style === style && last.link === link)
        row[row.length - 1] = { ...last, text: `${last.text}${text}` as SafeText };
      else row.push({ ...span(text as SafeText, style), ...(link !== undefined && { link }) });
    }
    const last = row.pop();
    return last ? [...row, { ...last, text: last.text.trimEnd() as SafeText }] : [span(safe``)];
  });
}

const NO_CELLS: ReadonlySet<number> = new Set();

/** For each cell of a line the URL of which it is a part. */
function targetsOf(cells: readonly Cell[]): readonly (string | undefined)[] {
  const targets = new Array<string | undefined>(cells.length);
  for (const { from, to, target } of linksIn(cells)) targets.fill(target, from, to);
  return targets;
}

/**
 * The indices of the cells that match, ignoring case. Empty when lowercasing changes the length of the line: then its
 * positions cannot be compared.
 */
function matchingCells(cells: readonly Cell[], query: string): ReadonlySet<number> {
  const matches = new Set<number>();
  const cellAt = cells.flatMap(({ text }, index) => new Array<number>(text.length).fill(index));
  const line = joinText(cells);
  const lower = line.toLowerCase();
  const needle = query.toLowerCase();
  if (lower.length !== line.length) return matches;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, at + needle.length)) {
    for (const cell of cellAt.slice(at, at + needle.length)) matches.add(cell);
  }
  return matches;
}

const gutter = ({ item: { message }, highlight }: MessageContext, { symbols }: RowContext, isFirst: boolean): Span => {
  const style = highlight !== undefined ? 'match' : isOwn(message) ? 'me' : nameStyle(message.from);
  return span(isFirst ? symbols.gutter : symbols.gutterContinued, style);
};

/** The index of a message's first row with a match; 0 when there is none. */
export const firstHighlightedRow = (rows: readonly Row[]): number =>
  Math.max(
    rows.findIndex(([, , ...line]) => line.some(({ style }) => style === 'match')),
    0,
  );

/** Puts the state at the right edge: a symbol, and a word if the next own message has another state and the word fits. */
function withStateMark(row: Row, message: OwnMessage, next: OwnMessage | undefined, context: RowContext): Row {
  const { columns, textWidth, symbols, texts, now } = context;
  const symbol = span(symbols[message.state], message.state);
  const age = message.state === 'queued' ? safe` ${inline(shortDuration(now - message.at))}` : safe``;
  const word = span(safe` ${texts.states[message.state]}${age}`, message.state);
  const mark = next?.state === message.state ? [symbol] : [symbol, word];
  const fits = widthOf(row, textWidth) + 1 + widthOf(mark, textWidth) <= columns;
  return justify(row, fits ? mark : [symbol], columns, textWidth, symbols.ellipsis);
}
