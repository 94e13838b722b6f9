/** What is to be seen, as plain data: the state of the screen in, the props of the components out. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { layOut } from '../composer/composer-layout.js';
import { TUI } from '../limits.js';
import type { Conversation } from '../model/conversation.js';
import { visibleRows } from '../model/viewport.js';
import type { Cursor } from '../render/painter.js';
import { blank, type Row, shorten, span, widthOf, wrapText } from '../rows/row.js';
import type { Region, Regions } from '../rows/screen-regions.js';
import type { Symbols } from '../rows/symbols.js';
import type { Screen } from '../screen/screen.js';
import { completionsFor } from '../screen/slash-commands.js';
import { completionRows } from './completion-rows.js';
import { type SearchView, searchCursor, searchView } from './search-view.js';
import { connectionText, statusRow } from './status-row.js';

export interface SidebarView {
  readonly entries: readonly SidebarEntry[];
  /** Conversations with something unread that are out of sight. */
  readonly unreadAbove: number;
  readonly unreadBelow: number;
}

export interface SidebarEntry {
  readonly peer: SafeText;
  /** The same, as far as there is room. */
  readonly name: SafeText;
  readonly unread: number;
  readonly isOpen: boolean;
  readonly hasDraft: boolean;
  /** Something that was written to this peer has failed. */
  readonly hasFailed: boolean;
}

export interface HeaderView {
  readonly peer: SafeText | undefined;
  readonly unread: number;
  /** There is more below what is seen. */
  readonly isAway: boolean;
}

export interface ComposerView {
  readonly rows: readonly SafeText[];
  /** Columns before each row, for its sign. */
  readonly indent: number;
  /** Shown while nothing is written. */
  readonly hint: SafeText | undefined;
  readonly isCutAbove: boolean;
  readonly isCutBelow: boolean;
  readonly hasRule: boolean;
}

export interface ViewModel {
  readonly regions: Regions;
  readonly sidebar: SidebarView;
  readonly header: HeaderView;
  readonly messages: readonly Row[];
  readonly help: { readonly top: number } | undefined;
  readonly who: readonly SafeText[] | undefined;
  readonly search: SearchView | undefined;
  readonly completions: readonly Row[];
  readonly composer: ComposerView;
  readonly status: Row;
  readonly cursor: Cursor;
}

/** @param now ms since 1970. */
export function toViewModel(screen: Screen, now: number): ViewModel {
  const { overlay } = screen;
  const divided = screen.regions();
  const completions = overlay ? [] : completionsOf(screen, divided);
  const regions = { ...divided, messages: above(completions.length, divided.messages) };
  const { composer, cursor } = composerOf(screen, regions);
  const { messages, header } = messagesOf(screen, regions, now);
  return {
    regions,
    sidebar: sidebarOf(screen, regions.sidebar),
    header,
    messages,
    help: overlay?.type === 'help' ? { top: overlay.top } : undefined,
    who: overlay?.type === 'who' ? whoOf(screen, regions.messages, now) : undefined,
    search: overlay?.type === 'search' ? searchView(overlay, regions.messages, screen.setting(now)) : undefined,
    completions,
    composer,
    cursor: overlay?.type === 'search' ? searchCursor(overlay, regions.messages, screen.setting(now)) : cursor,
    status: statusOf(screen, regions, now),
  };
}

/** What is left of the messages above so many rows and their rule. */
const above = (rows: number, messages: Region): Region =>
  rows === 0 ? messages : { ...messages, rows: messages.rows - rows - 1 };

function messagesOf(
  screen: Screen,
  { messages: { rows } }: Regions,
  now: number,
): Pick<ViewModel, 'messages' | 'header'> {
  const { open } = screen;
  if (!open) return { messages: [], header: { peer: undefined, unread: 0, isAway: false } };
  const blocks = screen.blocks(open, now);
  const { parts, isAtEnd } = visibleRows(blocks, open.anchor, rows);
  const isAway = !isAtEnd || open.newer !== undefined;
  return {
    messages: parts.flatMap(({ index, from, to }) => blocks.rows(index).slice(from, to)),
    header: { peer: inline(open.peer), unread: open.unread, isAway },
  };
}

function sidebarOf({ chat, open, options: { textWidth, symbols } }: Screen, { columns, rows }: Region): SidebarView {
  const all = chat.conversations;
  const room = Math.max(rows - 2, 1);
  const index = open ? all.indexOf(open) : 0;
  const first = Math.max(0, Math.min(index - Math.floor(room / 2), all.length - room));
  const indent = textWidth.columns(symbols.pointer) + 2;
  return {
    entries: all.slice(first, first + room).map((one) => {
      const peer = inline(one.peer);
      const { unread, hasFailed } = one;
      const hasDraft = one.composer.text !== '' && one !== open;
      const taken = indent + widthOf(entryMarks({ unread, hasDraft, hasFailed }, symbols), textWidth) + BORDER;
      return {
        ...{ peer, unread, hasDraft, hasFailed, isOpen: one === open },
        name: shorten(peer, Math.max(columns - taken, 1), textWidth, symbols.cut),
      };
    }),
    unreadAbove: unreadAmong(all.slice(0, first)),
    unreadBelow: unreadAmong(all.slice(first + room)),
  };
}

/** Columns right of the list. */
const BORDER = 1;

/** What stands behind a name in the list; a blank at the least. */
export function entryMarks(
  { unread, hasDraft, hasFailed }: Pick<SidebarEntry, 'unread' | 'hasDraft' | 'hasFailed'>,
  symbols: Symbols,
): Row {
  const count = unread > MAX_COUNT ? safe` ${MAX_COUNT}+ ` : safe` ${unread} `;
  return [
    ...(hasFailed ? [blank(1), span(symbols.failed, 'failed')] : []),
    ...(hasDraft ? [blank(1), span(symbols.draft, 'late')] : []),
    unread > 0 ? span(count, 'unread') : blank(1),
  ];
}

const MAX_COUNT = 999;

const unreadAmong = (some: readonly Conversation[]): number => some.filter(({ unread }) => unread > 0).length;

function composerOf(screen: Screen, { composer: region }: Regions): Pick<ViewModel, 'composer' | 'cursor'> {
  const { draft, open, overlay, options, size } = screen;
  const layout = layOut(draft.composer, screen.composerColumns(), options.textWidth);
  const hasRule = region.rows > Math.min(layout.rows.length, region.rows) || (size.rows >= 10 && region.rows > 1);
  const room = Math.max(region.rows - (hasRule ? 1 : 0), 0);
  const top = Math.max(0, Math.min(layout.row - room + 1, layout.rows.length - room));
  const shown = layout.rows.slice(top, top + room);
  const indent = options.textWidth.columns(options.symbols.prompt) + 1;
  const x = Math.min(region.x + indent + layout.column, size.columns - 1);
  const y = region.y + (hasRule ? 1 : 0) + layout.row - top;
  const isWritten = draft.composer.text !== '';
  return {
    composer: {
      rows: shown.map(({ text }) => text),
      indent,
      hint: isWritten ? undefined : hintOf(open),
      isCutAbove: layout.isCutAbove || top > 0,
      isCutBelow: layout.isCutBelow || top + room < layout.rows.length,
      hasRule,
    },
    cursor: overlay || room === 0 ? undefined : { x, y },
  };
}

const hintOf = (open: Conversation | undefined): SafeText =>
  open ? safe`Write to ${inline(open.peer)}; Enter sends` : safe`/to NAME opens a conversation`;

function completionsOf({ chat, draft, options }: Screen, { messages: { columns, rows } }: Regions): readonly Row[] {
  const peers = chat.conversations.map(({ peer }) => peer);
  // The rule above them takes a row.
  const room = Math.max(Math.min(rows - 1, TUI.maxCompletions), 0);
  const offers = completionsFor(draft.composer.text, peers).slice(0, room);
  return completionRows(offers, columns, options.symbols, options.textWidth);
}

function statusOf({ chat, options, notice }: Screen, { status }: Regions, now: number): Row {
  const { me, connection, heldBy, queued, unread } = chat;
  const { server, symbols, textWidth } = options;
  const failedTo = chat.conversations.filter(({ hasNewFailure }) => hasNewFailure).map(({ peer }) => peer);
  return statusRow(
    { me, server, connection, heldBy, queued, unread, failedTo, notice },
    now,
    status.columns,
    symbols,
    textWidth,
  );
}

function whoOf({ chat, options }: Screen, { columns }: Region, now: number): readonly SafeText[] {
  const { count } = chat.queued;
  const lines = [
    safe`You are ${inline(chat.me)} on ${options.server}: ${connectionText(chat.connection, chat.heldBy, now)}.`,
    safe`Messages: ${count} to be sent, ${chat.unread} to be read.`,
    safe``,
    ...chat.conversations.map((one) => {
      const waiting = one.unread === 0 ? safe`` : safe`: ${one.unread} unread`;
      return safe`${inline(one.peer)}${waiting}`;
    }),
  ];
  return lines.flatMap((line) => wrapText(line, Math.max(columns - 2 * WHO_MARGIN, 1), options.textWidth));
}

/** Columns at each side. */
const WHO_MARGIN = 1;
