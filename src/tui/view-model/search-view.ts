/** The search as it is seen: the words, and what was found with them, one message a row. Pure. */
import { isOwn, type SearchHit } from '../../history/history.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Cursor } from '../render/painter.js';
import type { RowContext } from '../rows/message-rows.js';
import { blank, clip, fill, type Row, span, styleOf } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import type { SearchOverlay } from '../screen/overlay.js';

export interface SearchView {
  readonly words: SafeText;
  readonly rows: readonly Row[];
  /** How much was found, and what can be done with it. */
  readonly state: SafeText;
}

/** Columns at each side of the search. */
const MARGIN = 1;
/** Rows above what was found: the words, and how much was found. */
const HEAD_ROWS = 2;
const MAX_NAME_COLUMNS = 16;
/** Below this there is no room to say when. */
const WHEN_FROM_COLUMNS = 50;

export const searchLabel = ({ prompt }: { readonly prompt: SafeText }): SafeText => safe`Search ${prompt} `;

export function searchView(overlay: SearchOverlay, region: Region, setting: RowContext): SearchView {
  const { found, selected, isBusy, composer } = overlay;
  const room = Math.max(region.rows - HEAD_ROWS, 1);
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), found.length - room));
  const shown = found.slice(first, first + room);
  const entries = shown.map((one, index) => entryOf(one, composer.text, first + index === selected, setting));
  const widest = (texts: readonly SafeText[]): number =>
    texts.reduce((most, text) => Math.max(most, setting.textWidth.columns(text)), 0);
  const nameColumns = Math.min(widest(entries.map(({ name }) => name)), MAX_NAME_COLUMNS);
  const whenColumns = region.columns < WHEN_FROM_COLUMNS ? 0 : widest(entries.map(({ when }) => when));
  const rows = entries.map((entry) => rowOf(entry, nameColumns, whenColumns, region.columns - 2 * MARGIN, setting));
  const forms = statesOf(composer.text, found.length, isBusy);
  const fits = (state: SafeText): boolean => setting.textWidth.columns(state) <= region.columns - 2 * MARGIN;
  return { words: inline(composer.text), rows, state: forms.find(fits) ?? safe`` };
}

/** What is said of the search, the form that says most first. */
function statesOf(words: string, count: number, isBusy: boolean): readonly SafeText[] {
  if (words.trim() === '') return [safe`What was said, in all conversations. Esc closes`, safe`In all conversations`];
  if (isBusy) return [safe`${count} found, still looking`];
  if (count === 0) return [safe`nothing found`];
  const found = safe`${count} found`;
  return [
    safe`${found}. Up and Down choose, Enter shows it where it was said`,
    safe`${found}. Up, Down; Enter shows it there`,
    safe`${found}. Enter shows it`,
    found,
  ];
}

/** Where an input method opens: behind the words as far as the cursor. */
export function searchCursor(
  { composer: { text, cursor } }: SearchOverlay,
  region: Region,
  setting: RowContext,
): Cursor {
  if (region.rows === 0) return undefined;
  const { textWidth, symbols } = setting;
  const x = MARGIN + textWidth.columns(searchLabel(symbols)) + textWidth.columns(inline(text.slice(0, cursor)));
  return { x: region.x + Math.min(x, region.columns - 1), y: region.y };
}

interface Entry {
  readonly name: SafeText;
  readonly when: SafeText;
  /** The line with the words in it, as far as them, the words, and the rest. */
  readonly parts: readonly [SafeText, SafeText, SafeText];
  readonly isMine: boolean;
  readonly isSelected: boolean;
}

function entryOf({ peer, message }: SearchHit, words: string, isSelected: boolean, { time, now }: RowContext): Entry {
  const clock = time.clock(message.at);
  const isToday = time.day(message.at) === time.day(now);
  return {
    name: isOwn(message) ? safe`to ${inline(peer)}` : inline(message.from),
    when: inline(isToday ? clock : `${time.shortDay(message.at, now)} ${clock}`),
    parts: excerpt(message.body, words),
    isMine: isOwn(message),
    isSelected,
  };
}

function rowOf(entry: Entry, nameColumns: number, whenColumns: number, columns: number, setting: RowContext): Row {
  const { textWidth, symbols } = setting;
  const { name, when, parts, isSelected } = entry;
  const [before, words, behind] = parts;
  const style = isSelected ? 'strong' : 'text';
  const nameRow = clip([span(name, entry.isMine ? 'me' : styleOf(name))], nameColumns, textWidth, symbols.cut);
  const row: Row = [
    span(isSelected ? symbols.pointer : safe` `, 'key'),
    blank(1),
    ...fill(nameRow, nameColumns + 2, textWidth),
    ...(whenColumns === 0 ? [] : fill([span(when, 'dim')], whenColumns + 2, textWidth)),
    span(before, style),
    span(words, 'found'),
    span(behind, style),
  ];
  return clip(row, columns, textWidth, symbols.cut);
}

/** The line with the words in it; a piece of it, where it is long. */
function excerpt(body: string, words: string): Entry['parts'] {
  const lower = body.toLowerCase();
  // Where a letter has another length in the other case, places do not agree.
  const at = lower.length === body.length ? lower.indexOf(words.toLowerCase()) : -1;
  if (at === -1) return [inline(body.slice(0, EXCERPT_LENGTH)), safe``, safe``];
  const start = Math.max(body.lastIndexOf('\n', at) + 1, at - CONTEXT_LENGTH);
  const end = at + words.length;
  const line = body.slice(end, end + EXCERPT_LENGTH).split('\n', 1)[0] ?? '';
  return [inline(body.slice(start, at)), inline(body.slice(at, end)), inline(line)];
}

const EXCERPT_LENGTH = 160;
/** What is shown before the words. */
const CONTEXT_LENGTH = 20;
