/** The state of the whole screen: chat, overlay, notice, search. Pure: side effects are returned as Effects. */
import type { Page, SearchHit } from '../../history/history.js';
import type { SafeText } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { type Composer, EMPTY_COMPOSER, replaceText } from '../composer/composer.js';
import { layOutComposer } from '../composer/composer-layout.js';
import { TUI } from '../limits.js';
import type { Chat } from '../model/chat.js';
import type { Conversation } from '../model/conversation.js';
import { showBlock, visibleRows } from '../model/viewport.js';
import { type Highlight, MessageBlocks, RowCache } from '../rows/message-blocks.js';
import { firstHighlightedRow, type RowContext } from '../rows/message-rows.js';
import { PlainBlocks } from '../rows/plain-blocks.js';
import { layOutScreen, type Regions, type Size } from '../rows/screen-regions.js';
import type { Symbols } from '../rows/symbols.js';
import type { TimeFormat } from '../rows/time-format.js';
import type { Texts } from '../texts/en.js';
import { type Effect, NO_EFFECTS } from './effect.js';
import type { Ending } from './ending.js';
import type { RecalledInput } from './input-history.js';
import { type Keymap, toKeymap } from './keymap.js';
import { Notices } from './notice.js';
import { type Overlay, openSearch } from './overlay.js';
import type { SettingName } from './slash-commands.js';

interface ScreenOptions {
  readonly chat: Chat;
  /** The server's name for people. */
  readonly server: SafeText;
  readonly textWidth: TextWidth;
  readonly symbols: Symbols;
  readonly texts: Texts;
  readonly time: TimeFormat;
  readonly size: Size;
  /** Whether the terminal may take text for the clipboard. */
  readonly hasClipboard: boolean;
  /** Whether the terminal may make URLs clickable. */
  readonly hasLinks: boolean;
  /** The keys without settings, if it is left out. */
  readonly keymap?: Keymap | undefined;
  /** For completion. */
  readonly settings?: readonly SettingName[] | undefined;
}

/** The next page is requested when fewer messages than this are left in the window. */
const PREFETCH_MESSAGES = 60;

/** Groups of messages are separated by a blank row on a screen of at least so many rows. */
const SPACING_FROM_ROWS = 16;

export class Screen {
  readonly chat: Chat;
  keymap: Keymap;
  size: Size;
  overlay: Overlay | undefined;
  /** Texts for the user in the status line. */
  readonly notices = new Notices();
  /** Set when the chat has ended by itself. */
  ending: Ending | undefined;
  /** Ctrl+C was pressed once. */
  isQuitPending = false;
  /** The first key of a binding of two keys was pressed. */
  prefix: string | undefined;
  recalled: RecalledInput | undefined;
  highlight: Highlight | undefined;
  /** The composer while no conversation is open: commands can be typed there, too. */
  readonly #noConversation = { composer: EMPTY_COMPOSER };
  readonly #rows = new RowCache();
  #searches = 0;
  /** Pages that were requested and are not loaded yet: see pageKey. */
  readonly #requestedPages = new Set<string>();

  constructor(readonly options: ScreenOptions) {
    this.chat = options.chat;
    this.keymap = options.keymap ?? toKeymap().keymap;
    this.size = options.size;
  }

  get open(): Conversation | undefined {
    return this.chat.open;
  }

  /** The owner of the message being written: the open conversation, or none yet. */
  get draft(): { composer: Composer } {
    return this.open ?? this.#noConversation;
  }

  /** What is being edited: the query of the search, or the message. */
  get composer(): Composer {
    return this.overlay?.type === 'search' ? this.overlay.composer : this.draft.composer;
  }

  /** The user's editor has changed a draft. @param peer as in the effect `edit`. */
  edited(peer: string | undefined, text: string): readonly Effect[] {
    const draft = peer === undefined ? this.#noConversation : this.chat.conversationWith(peer);
    draft.composer = replaceText(draft.composer, text);
    this.recalled = undefined;
    return [{ type: 'save' }];
  }

  /** A command that was refused: it comes back, unless something else is being written. */
  putBack(text: string): readonly Effect[] {
    const { draft } = this;
    if (draft.composer.text !== '') return NO_EFFECTS;
    draft.composer = replaceText(draft.composer, text);
    return [{ type: 'save' }];
  }

  /** The chat has ended: nothing can be written any more. @param lines what happened, why, and what to do. */
  end(lines: readonly SafeText[], now: number): void {
    this.overlay = undefined;
    this.isQuitPending = false;
    this.ending = { lines, typedAt: now };
  }

  /** Time has passed: old notices go. */
  tick(now: number): void {
    if (this.notices.expire(now)) this.isQuitPending = false;
  }

  /** The width of the composer's text. */
  composerColumns(): number {
    const { textWidth, symbols } = this.options;
    return Math.max(layOutScreen(this.size, 1).composer.columns - textWidth.columns(symbols.prompt) - 1, 1);
  }

  regions(): Regions {
    const { rows } = layOutComposer(this.draft.composer, this.composerColumns(), this.options.textWidth);
    return layOutScreen(this.size, rows.length);
  }

  rowContext(now: number): RowContext {
    const { textWidth, symbols, texts, time, chat, hasLinks } = this.options;
    const { columns } = layOutScreen(this.size, 1).messages;
    const hasSpacing = this.size.rows >= SPACING_FROM_ROWS;
    return { me: chat.me, columns, hasSpacing, hasLinks, textWidth, symbols, texts, time, now };
  }

  blocks(conversation: Conversation, now: number): MessageBlocks {
    return new MessageBlocks(conversation, this.rowContext(now), this.#rows, this.highlight);
  }

  /** The same messages as plain text, of full width. */
  plainBlocks({ items }: Conversation, now: number): PlainBlocks {
    const { textWidth, time, chat } = this.options;
    return new PlainBlocks(items, { me: chat.me, columns: this.size.columns, textWidth, time, now });
  }

  /** Rows of plain text on the screen: all but that of the hint. */
  get plainRows(): number {
    return Math.max(this.size.rows - 1, 1);
  }

  /** Opens a conversation: at its first unread message, or where the user left it. */
  select(peer: string, now: number): readonly Effect[] {
    const conversation = this.#switchTo(peer);
    this.#showUnread(conversation, now);
    const save = { type: 'save' } as const;
    return conversation.isLoaded ? [save] : [save, ...this.requestPage(peer)];
  }

  /** The user does something in the open conversation: it counts as read if its end is visible. */
  activate(): readonly Effect[] {
    const { open } = this;
    if (!open) return NO_EFFECTS;
    open.isActive = true;
    const isEndVisible = open.anchor === 'end' && open.newer === undefined;
    return isEndVisible && open.markRead() ? [{ type: 'mark-read', peer: open.peer }] : NO_EFFECTS;
  }

  /** Requests a page, the newest by default, unless it is requested already. */
  requestPage(peer: string, segment?: number): readonly Effect[] {
    const key = pageKey(peer, segment);
    if (this.#requestedPages.has(key)) return NO_EFFECTS;
    this.#requestedPages.add(key);
    return [{ type: 'load-page', peer, ...(segment !== undefined && { segment }) }];
  }

  /** Requests the next page if the viewport is near an end of the loaded window. */
  prefetch(now: number): readonly Effect[] {
    const { open } = this;
    if (!open?.isLoaded) return NO_EFFECTS;
    const { parts } = visibleRows(this.blocks(open, now), open.anchor, this.regions().messages.rows);
    const first = parts[0]?.index ?? 0;
    const last = parts.at(-1)?.index ?? 0;
    if (open.older !== undefined && first < PREFETCH_MESSAGES) return this.requestPage(open.peer, open.older);
    const isNearEnd = last > open.items.length - PREFETCH_MESSAGES;
    return open.newer !== undefined && isNearEnd ? this.requestPage(open.peer, open.newer) : NO_EFFECTS;
  }

  /** A requested page was read; undefined when there is none. @param segment as it was requested. */
  pageLoaded(peer: string, segment: number | undefined, page: Page | undefined, now: number): void {
    this.#requestedPages.delete(pageKey(peer, segment));
    const conversation = this.chat.conversationWith(peer);
    if (!page) {
      conversation.isLoaded = true;
      return;
    }
    const isNewest = segment === undefined;
    if (isNewest) conversation.load(page);
    else conversation.loadMore(page);
    if (conversation === this.open && (isNewest || !conversation.isActive)) this.#showUnread(conversation, now);
  }

  /** Shows a message of this page in the middle of the screen, highlighted. */
  showMessage(peer: string, page: Page | undefined, highlight: Highlight, now: number): readonly Effect[] {
    const conversation = this.#switchTo(peer);
    if (page) conversation.load(page);
    this.highlight = highlight;
    const { rows } = this.regions().messages;
    const blocks = this.blocks(conversation, now);
    const index = conversation.indexOf(highlight.key);
    const rowsAbove = Math.floor(rows / 2) - firstHighlightedRow(blocks.rows(index));
    conversation.anchor = showBlock(blocks, index, rows, rowsAbove);
    return [{ type: 'save' }];
  }

  /** Opens the search overlay with this query, and starts the search. */
  search(composer: Composer): readonly Effect[] {
    this.#searches += 1;
    this.overlay = openSearch(composer, this.#searches);
    return [{ type: 'search', query: composer.text, id: this.#searches }];
  }

  /** Adds hits to the search overlay. Returns whether the search should continue. */
  addHits(id: number, hits: readonly SearchHit[], isSearching: boolean): boolean {
    if (this.overlay?.type !== 'search' || this.overlay.id !== id) return false;
    this.overlay = { ...this.overlay, hits: [...this.overlay.hits, ...hits], isSearching };
    return this.overlay.hits.length < TUI.maxSearchHits;
  }

  #switchTo(peer: string): Conversation {
    this.highlight = undefined;
    this.recalled = undefined;
    this.overlay = undefined;
    return this.chat.select(peer);
  }

  #showUnread(conversation: Conversation, now: number): void {
    if (conversation.unread === 0 || conversation.dividerKey === undefined || conversation.anchor !== 'end') return;
    const index = conversation.indexOf(conversation.dividerKey);
    conversation.anchor = showBlock(this.blocks(conversation, now), index, this.regions().messages.rows, 1);
  }
}

const pageKey = (peer: string, segment: number | undefined): string => `${peer} ${segment}`;
