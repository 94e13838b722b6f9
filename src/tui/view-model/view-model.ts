/** The view model: turns the state of the screen into plain props for the components. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { layOutComposer } from '../composer/composer-layout.js';
import { TUI } from '../limits.js';
import type { Conversation } from '../model/conversation.js';
import { visibleRows } from '../model/viewport.js';
import type { Cursor } from '../render/painter.js';
import type { PlainPage } from '../render/plain-page.js';
import {
  blank,
  clip,
  clipMiddle,
  joinText,
  nameStyle,
  padEnd,
  type Row,
  type Span,
  span,
  widthOf,
  wrapText,
} from '../rows/row.js';
import type { Region, Regions } from '../rows/screen-regions.js';
import type { Symbols } from '../rows/symbols.js';
import { type Ending, isClosable } from '../screen/ending.js';
import type { Keymap } from '../screen/keymap.js';
import type { Screen } from '../screen/screen.js';
import { completionsFor } from '../screen/slash-commands.js';
import type { Texts } from '../texts/en.js';
import { type SearchView, searchCursor, searchView } from './search-view.js';
import { settingsRows } from './settings-rows.js';
import { connectionText, helpKey, statusRow } from './status-row.js';

export interface SidebarView {
  readonly entries: readonly SidebarEntry[];
  /** Conversations with unread messages above and below the visible ones. */
  readonly unreadAbove: number;
  readonly unreadBelow: number;
}

export interface SidebarEntry {
  readonly peer: SafeText;
  /** The peer's name, cut to fit. */
  readonly name: Span;
  readonly marks: Row;
  readonly isOpen: boolean;
}

export interface HeaderView {
  readonly peer: SafeText | undefined;
  readonly unread: number;
  readonly isMuted: boolean;
  /** When the peer was last heard, if there is room. */
  readonly heard: SafeText | undefined;
  /** There are messages below the visible ones. */
  readonly hasMoreBelow: boolean;
}

export interface ComposerView {
  readonly rows: readonly SafeText[];
  /** Columns before each row, for prompt and arrows. */
  readonly indent: number;
  /** Shown while the composer is empty. */
  readonly hint: SafeText | undefined;
  readonly hasMoreAbove: boolean;
  readonly hasMoreBelow: boolean;
  readonly hasRule: boolean;
}

export interface ViewModel {
  readonly regions: Regions;
  readonly sidebar: SidebarView;
  readonly header: HeaderView;
  readonly messages: readonly Row[];
  /** There are conversations, but all are closed. */
  readonly hasOnlyClosed: boolean;
  /** What shows the help. */
  readonly helpKey: SafeText;
  readonly help: { readonly top: number; readonly keymap: Keymap } | undefined;
  /** Instead of the help. */
  readonly settings:
    | { readonly top: number; readonly rows: readonly Row[]; readonly more: SafeText | undefined }
    | undefined;
  readonly who: readonly Row[] | undefined;
  readonly search: SearchView | undefined;
  /** Below the messages: the completions of a slash command, or why the chat has ended. */
  readonly panel: readonly Row[];
  /** Instead of everything else. */
  readonly plain: PlainPage | undefined;
  readonly composer: ComposerView;
  readonly status: Row;
  readonly cursor: Cursor;
}

/** @param now ms since 1970. */
export function toViewModel(screen: Screen, now: number): ViewModel {
  const { overlay } = screen;
  const fullRegions = screen.regions();
  const panel = panelRows(screen, fullRegions.messages);
  const panelHeight = panel.length === 0 ? 0 : panel.length + 1; // with its rule
  const messagesRegion = { ...fullRegions.messages, rows: fullRegions.messages.rows - panelHeight };
  const regions = { ...fullRegions, messages: messagesRegion };
  const { composer, cursor } = composerView(screen, regions);
  const { messages, header } = messagesView(screen, regions, now);
  return {
    regions,
    sidebar: sidebarView(screen, regions.sidebar),
    header,
    messages,
    hasOnlyClosed: screen.chat.conversations.length > 0 && screen.chat.listed.length === 0,
    helpKey: helpKey(screen.keymap),
    help: overlay?.type === 'help' ? { top: overlay.top, keymap: screen.keymap } : undefined,
    settings: settingsView(screen),
    who: overlay?.type === 'who' ? whoRows(screen, regions.messages, now) : undefined,
    search: overlay?.type === 'search' ? searchView(overlay, regions.messages, screen.rowContext(now)) : undefined,
    panel,
    plain: plainView(screen, now),
    composer,
    cursor: overlay?.type === 'search' ? searchCursor(overlay, regions.messages, screen.rowContext(now)) : cursor,
    status: statusView(screen, regions, now),
  };
}

function settingsView({ overlay, size, options, keymap }: Screen): ViewModel['settings'] {
  if (overlay?.type !== 'settings') return undefined;
  const rows = settingsRows(overlay.settings, size.columns, options);
  return { top: overlay.top, rows, more: keymap.labelOf('page-down') };
}

function plainView(screen: Screen, now: number): PlainPage | undefined {
  const { open, overlay, size, options, keymap } = screen;
  if (!open || overlay?.type !== 'copy') return undefined;
  const blocks = screen.plainBlocks(open, now);
  const { parts } = visibleRows(blocks, overlay.anchor, screen.plainRows);
  const hint = clip(
    [span(scrollHint(keymap, options.texts.plain))],
    size.columns - 1,
    options.textWidth,
    options.symbols.ellipsis,
  );
  return { rows: parts.flatMap(({ index, from, to }) => blocks.rows(index).slice(from, to)), hint: joinText(hint) };
}

/** With the keys that scroll, as far as there are any. */
function scrollHint(keymap: Keymap, texts: Texts['plain']): SafeText {
  const keys = [keymap.labelOf('page-up'), keymap.labelOf('page-down')].filter((key) => key !== undefined);
  return keys.length === 0 ? texts.hint : texts.scrollHint(keys);
}

function messagesView(
  screen: Screen,
  { messages: { rows }, header }: Regions,
  now: number,
): Pick<ViewModel, 'messages' | 'header'> {
  const { open } = screen;
  if (!open)
    return {
      messages: [],
      header: { peer: undefined, unread: 0, isMuted: false, heard: undefined, hasMoreBelow: false },
    };
  const blocks = screen.blocks(open, now);
  const { parts, isAtEnd } = visibleRows(blocks, open.anchor, rows);
  const hasMoreBelow = !isAtEnd || open.newer !== undefined;
  return {
    messages: parts.flatMap(({ index, from, to }) => blocks.rows(index).slice(from, to)),
    header: {
      peer: inline(open.peer),
      unread: open.unread,
      isMuted: open.isMuted,
      heard: heardText(screen, open, header.columns - (open.unread > 0 || hasMoreBelow ? HEADER_NOTES : 0), now),
      hasMoreBelow,
    },
  };
}

/** Columns for what is at the right of the header. */
const HEADER_NOTES = 32;

/** The time, as in `last heard 14:05`, or the day, if it fits beside the name. */
function heardText({ chat, options }: Screen, open: Conversation, columns: number, now: number): SafeText | undefined {
  const { textWidth, time } = options;
  const { header: texts } = options.texts;
  const { peer, heardAt, isMuted } = open;
  if (heardAt === undefined || peer === chat.me) return undefined;
  const isToday = time.day(heardAt) === time.day(now);
  const text = texts.heard(inline(isToday ? time.clock(heardAt) : time.shortDay(heardAt, now)));
  const taken = textWidth.columns(safe` ${inline(peer)}${isMuted ? safe`  ${texts.muted}` : safe``}  ${text} `);
  return taken <= columns ? text : undefined;
}

/** The column at the right of the sidebar. */
const BORDER = 1;

function sidebarView({ chat, open, options: { textWidth, symbols } }: Screen, { columns, rows }: Region): SidebarView {
  const all = chat.listed;
  const room = Math.max(rows - 2, 1);
  const index = open ? all.indexOf(open) : 0;
  const first = Math.max(0, Math.min(index - Math.floor(room / 2), all.length - room));
  const indent = textWidth.columns(symbols.pointer) + 2;
  return {
    entries: all.slice(first, first + room).map((one) => {
      const peer = inline(one.peer);
      const isOpen = one === open;
      const marks = entryMarks(one, isOpen, symbols);
      const taken = indent + widthOf(marks, textWidth) + BORDER;
      const name = clipMiddle(peer, Math.max(columns - taken, 1), textWidth, symbols.ellipsis);
      const style = isOpen ? 'selected' : one.unread > 0 && !one.isMuted ? nameStyle(peer) : 'text';
      return { peer, name: span(name, style), marks, isOpen };
    }),
    unreadAbove: withUnread(all.slice(0, first)),
    unreadBelow: withUnread(all.slice(first + room)),
  };
}

const withUnread = (conversations: readonly Conversation[]): number =>
  conversations.filter(({ unread, isMuted }) => unread > 0 && !isMuted).length;

const MAX_COUNT = 999;

/** The marks after a name in the sidebar, or at least a blank. */
function entryMarks({ unread, hasFailures, isMuted, composer }: Conversation, isOpen: boolean, symbols: Symbols): Row {
  const count = unread > MAX_COUNT ? safe` ${MAX_COUNT}+ ` : safe` ${unread} `;
  return [
    ...(hasFailures ? [blank(1), span(symbols.failed, 'failed')] : []),
    ...(composer.text !== '' && !isOpen ? [blank(1), span(symbols.draft, 'late')] : []),
    unread > 0 ? span(count, isMuted ? 'dim' : 'unread') : blank(1),
  ];
}

function composerView(screen: Screen, { composer: region }: Regions): Pick<ViewModel, 'composer' | 'cursor'> {
  const { draft, open, overlay, options, size } = screen;
  const layout = layOutComposer(draft.composer, screen.composerColumns(), options.textWidth);
  const hasRule = region.rows > Math.min(layout.rows.length, region.rows) || (size.rows >= 10 && region.rows > 1);
  const room = Math.max(region.rows - (hasRule ? 1 : 0), 0);
  const top = Math.max(0, Math.min(layout.row - room + 1, layout.rows.length - room));
  const visible = layout.rows.slice(top, top + room);
  const indent = options.textWidth.columns(options.symbols.prompt) + 1;
  const x = Math.min(region.x + indent + layout.column, size.columns - 1);
  const y = region.y + (hasRule ? 1 : 0) + layout.row - top;
  const isEmpty = draft.composer.text === '';
  return {
    composer: {
      rows: visible.map(({ text }) => text),
      indent,
      hint: isEmpty && !screen.ending ? composerHint(open, options.texts.composer) : undefined,
      hasMoreAbove: layout.hasMoreAbove || top > 0,
      hasMoreBelow: layout.hasMoreBelow || top + room < layout.rows.length,
      hasRule,
    },
    cursor: overlay || screen.ending || room === 0 ? undefined : { x, y },
  };
}

const composerHint = (open: Conversation | undefined, texts: Texts['composer']): SafeText =>
  open ? texts.hint(inline(open.peer)) : texts.noConversation;

const COMPLETION_LABEL_COLUMNS = 15;

/** As far as there is room for the rows and their rule. */
function panelRows(screen: Screen, { columns, rows }: Region): readonly Row[] {
  const room = Math.max(rows - 1, 0);
  if (screen.ending) return endingRows(screen.ending, columns, screen.options.textWidth).slice(0, room);
  return screen.overlay ? [] : completionRows(screen, columns, Math.min(room, TUI.maxCompletions));
}

const endingRows = ({ lines }: Ending, columns: number, textWidth: TextWidth): readonly Row[] =>
  lines.flatMap((line, index) =>
    wrapText(line, columns, textWidth).map((text): Row => [span(text, index === 0 ? 'failed' : 'text')]),
  );

/** Which keys close the screen, as soon as they do. */
const endingNotice = (ending: Ending, now: number, texts: Texts['ending']): SafeText =>
  isClosable(ending, now) ? texts.close : safe``;

/** The completions of the command being typed. */
function completionRows({ chat, draft, options }: Screen, columns: number, room: number): readonly Row[] {
  const { symbols, texts, textWidth, settings } = options;
  const completions = completionsFor(draft.composer.text, chat.peers, texts, settings).slice(0, room);
  return completions.map(({ label, description }) => {
    const labelRow = padEnd([blank(2), span(label, 'key')], COMPLETION_LABEL_COLUMNS + 2, textWidth);
    return clip([...labelRow, blank(1), span(description, 'dim')], columns, textWidth, symbols.ellipsis);
  });
}

function statusView({ chat, options, notices, ending, keymap }: Screen, { status }: Regions, now: number): Row {
  const { me, connection, lockHolder, queued, unread } = chat;
  const { server, symbols, texts, textWidth } = options;
  const failedTo = chat.conversations.filter(({ hasNewFailure }) => hasNewFailure).map(({ peer }) => peer);
  const view = {
    me,
    server,
    connection,
    lockHolder,
    queued,
    unread,
    failedTo,
    notice: ending ? endingNotice(ending, now, texts.ending) : notices.text,
    keymap,
  };
  return statusRow(view, now, status.columns, symbols, texts, textWidth);
}

/** Columns at each side. */
const WHO_MARGIN = 1;

function whoRows({ chat, options }: Screen, { columns }: Region, now: number): readonly Row[] {
  const { who: texts } = options.texts;
  const connection = connectionText(chat.connection, chat.lockHolder, now, options.texts);
  const lines = [
    texts.you(inline(chat.me), options.server, connection),
    texts.counts(chat.queued.count, chat.unread),
    safe``,
    ...chat.listed.map(({ peer, unread }) => (unread === 0 ? inline(peer) : texts.unread(inline(peer), unread))),
  ];
  const wrapped = lines.flatMap((line) => wrapText(line, Math.max(columns - 2 * WHO_MARGIN, 1), options.textWidth));
  return wrapped.map((line) => (line === '' ? [] : [span(line)]));
}
