/** The search overlay as plain data: the query, a status line, one row for each hit. Pure. */
import { isOwn, type SearchHit } from '../../history/history.js';
import { wholeGraphemes } from '../../text/graphemes.js';
import { block, inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Cursor } from '../render/painter.js';
import type { RowContext } from '../rows/message-rows.js';
import { blank, clip, nameStyle, padEnd, type Row, type Span, span, widthOf } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import type { Style } from '../rows/theme.js';
import type { SearchOverlay } from '../screen/overlay.js';
import type { Texts } from '../texts/en.js';

export interface SearchView {
  readonly query: SafeText;
  readonly rows: readonly Row[];
  /** The number of hits, and the keys. */
  readonly status: SafeText;
}

/** Columns at each side. */
const MARGIN = 1;
/** Rows above the hits: query and status. */
const HEAD_ROWS = 2;
const MAX_NAME_COLUMNS = 16;
/** Narrower screens do not show the time of a hit. */
const TIME_FROM_COLUMNS = 50;

export const searchLabel = ({ prompt }: { readonly prompt: SafeText }, { search }: Texts): SafeText =>
  safe`${search.label} ${prompt} `;

export function searchView(overlay: SearchOverlay, region: Region, context: RowContext): SearchView {
  const { hits, selected, isSearching, composer } = overlay;
  const columns = region.columns - 2 * MARGIN;
  const room = Math.max(region.rows - HEAD_ROWS, 1);
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), hits.length - room));
  const visible = hits.slice(first, first + room);
  const entries = visible.map((hit, index) => toEntry(hit, first + index === selected, context));
  const widest = (texts: readonly SafeText[]): number =>
    texts.reduce((most, text) => Math.max(most, context.textWidth.columns(text)), 0);
  const nameColumns = Math.min(widest(entries.map(({ name }) => name.text)), MAX_NAME_COLUMNS);
  const timeColumns = region.columns < TIME_FROM_COLUMNS ? 0 : widest(entries.map(({ time }) => time));
  const rows = entries.map((entry) => entryRow(entry, composer.text, nameColumns, timeColumns, columns, context));
  const variants = statusVariants(composer.text, hits.length, isSearching, context.texts.search);
  const status = variants.find((variant) => context.textWidth.columns(variant) <= columns);
  return { query: oneLine(composer.text), rows, status: status ?? safe`` };
}

/** Text of a message on one row: a new line becomes `^J`. */
const oneLine = (text: string): SafeText => block(text.replaceAll('\n', '^J'));

/** Texts for the status line, the longest first. */
function statusVariants(
  query: string,
  count: number,
  isSearching: boolean,
  texts: Texts['search'],
): readonly SafeText[] {
  if (query.trim() === '') return texts.hints;
  if (isSearching) return [texts.searching(count)];
  if (count === 0) return [texts.nothing];
  return texts.found(count);
}

/** The terminal's cursor in the query: input methods open there. */
export function searchCursor(
  { composer: { text, cursor } }: SearchOverlay,
  region: Region,
  context: RowContext,
): Cursor {
  if (region.rows === 0) return undefined;
  const { textWidth, symbols, texts } = context;
  const x = MARGIN + textWidth.columns(searchLabel(symbols, texts)) + textWidth.columns(oneLine(text.slice(0, cursor)));
  return { x: region.x + Math.min(x, region.columns - 1), y: region.y };
}

interface Entry {
  readonly isSelected: boolean;
  readonly name: Span;
  readonly time: SafeText;
  readonly body: string;
}

function toEntry({ peer, message }: SearchHit, isSelected: boolean, { time, texts, now }: RowContext): Entry {
  const clock = time.clock(message.at);
  const isToday = time.day(message.at) === time.day(now);
  return {
    isSelected,
    name: isOwn(message)
      ? span(texts.search.to(inline(peer)), 'me')
      : span(inline(message.from), nameStyle(message.from)),
    time: inline(isToday ? clock : `${time.shortDay(message.at, now)} ${clock}`),
    body: message.body,
  };
}

function entryRow(
  entry: Entry,
  query: string,
  nameColumns: number,
  timeColumns: number,
  columns: number,
  context: RowContext,
): Row {
  const { textWidth, symbols } = context;
  const { isSelected, name, time, body } = entry;
  const head: Row = [
    span(isSelected ? symbols.pointer : safe` `, 'key'),
    blank(1),
    ...padEnd(clip([name], nameColumns, textWidth, symbols.ellipsis), nameColumns + 2, textWidth),
    ...(timeColumns === 0 ? [] : padEnd([span(time, 'dim')], timeColumns + 2, textWidth)),
  ];
  const room = columns - widthOf(head, textWidth);
  const excerpt = excerptOf(body, query, room, isSelected ? 'strong' : 'text', context);
  return clip([...head, ...excerpt], columns, textWidth, symbols.ellipsis);
}

const EXCERPT_LENGTH = 160;
/** UTF-16 units before the match, if the line is cut there; and how much further back a word may begin. */
const CONTEXT_LENGTH = 20;
const WORD_LENGTH = 20;

/** What a cut leaves of a grapheme: its marks at the start, half of a surrogate pair at the end. */
const CUT_START = /^[\p{M}\p{Cf}\p{Cs}]+/u;
const CUT_END = /\p{Cs}$/u;

/**
 * The line with the first match, which is highlighted in whole graphemes. If the match is further to the right than there is
 * room, the line is cut before it, between two words if possible; an ellipsis says so.
 */
function excerptOf(body: string, query: string, room: number, style: Style, { textWidth, symbols }: RowContext): Row {
  const lower = body.toLowerCase();
  // When lowercasing changes the length, the index of a match is not its index in the body.
  const start = lower.length === body.length ? lower.indexOf(query.toLowerCase()) : -1;
  if (start === -1) return [span(oneLine(body.slice(0, EXCERPT_LENGTH).replace(CUT_END, '')), style)];
  const end = start + query.length;
  const lineStart = body.lastIndexOf('\n', start) + 1;
  const isVisible = end - lineStart <= EXCERPT_LENGTH && textWidth.columns(oneLine(body.slice(lineStart, end))) < room;
  const cut = isVisible ? lineStart : contextStart(body, lineStart, start);
  const piece = body.slice(cut, end + EXCERPT_LENGTH);
  const [from, to] = wholeGraphemes(piece, start - cut, end - cut);
  const before = piece.slice(0, from);
  const after = piece.slice(to).split('\n', 1)[0] ?? '';
  return [
    ...(cut === lineStart ? [] : [span(symbols.ellipsis, 'dim')]),
    span(oneLine(cut === lineStart ? before : before.replace(CUT_START, '')), style),
    span(oneLine(piece.slice(from, to)), 'match'),
    span(oneLine(after.replace(CUT_END, '')), style),
  ];
}

/** Where to cut a line before a match: where a word begins, unless there is none nearby. */
function contextStart(body: string, lineStart: number, matchStart: number): number {
  const cut = Math.max(lineStart, matchStart - CONTEXT_LENGTH);
  const [begun = ''] = /\S*$/.exec(body.slice(Math.max(lineStart, cut - WORD_LENGTH), cut)) ?? [];
  if (begun.length < WORD_LENGTH && cut - begun.length > lineStart) return cut - begun.length;
  const [rest = ''] = /^\S*\s+/.exec(body.slice(cut, matchStart)) ?? [];
  return cut + rest.length;
}
