/** The state of the whole screen: the chat, what lies over it, and what the user is told. Pure; the world is told by effects. */
import type { Page, SearchHit } from '../../history/history.js';
import type { SafeText } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import { type Composer, EMPTY } from '../composer/composer.js';
import { layOut } from '../composer/composer-layout.js';
import type { Chat } from '../model/chat.js';
import type { Conversation } from '../model/conversation.js';
import { showBlock, visibleRows } from '../model/viewport.js';
import { type FoundMessage, MessageBlocks, RowCache } from '../rows/message-row-cache.js';
import { type RowContext, rowFound } from '../rows/message-rows.js';
import { layOutScreen, type Regions, type Size } from '../rows/screen-regions.js';
import type { Symbols } from '../rows/symbols.js';
import type { TimeText } from '../rows/time-text.js';
import { type Effect, NOTHING } from './effect.js';
import type { InputHistory } from './input-history.js';
import { isFull, type Overlay, withFound } from './overlay.js';

interface ScreenOptions {
  readonly chat: Chat;
  /** The server, as people call it. */
  readonly server: SafeText;
  readonly textWidth: TextWidth;
  readonly symbols: Symbols;
  readonly time: TimeText;
  readonly size: Size;
}

/** So near to the end of what is loaded, more is asked for; in messages. */
const LOAD_AHEAD = 60;

export class Screen {
  readonly chat: Chat;
  size: Size;
  overlay: Overlay | undefined;
  /** What the user is told, until the next key. */
  notice: SafeText | undefined;
  /** Ctrl+C was pressed once. */
  isQuitting = false;
  recalled: InputHistory | undefined;
  found: FoundMessage | undefined;
  /** Commands can be written also where no conversation is open. */
  readonly #lobby = { composer: EMPTY };
  readonly #rows = new RowCache();
  #runs = 0;
  /** Pages that were asked for and have not come. */
  readonly #awaited = new Set<string>();

  constructor(readonly options: ScreenOptions) {
    this.chat = options.chat;
    this.size = options.size;
  }

  get open(): Conversation | undefined {
    return this.chat.open;
  }

  /** Where the message is written: in the open conversation, or nowhere yet. */
  get draft(): { composer: Composer } {
    return this.open ?? this.#lobby;
  }

  /** What is being written: the words of the search, or the message. */
  get composer(): Composer {
    return this.overlay?.type === 'search' ? this.overlay.composer : this.draft.composer;
  }

  /** The columns of a row of the composer: what its sign leaves. */
  composerColumns(): number {
    const { textWidth, symbols } = this.options;
    return Math.max(layOutScreen(this.size, 1).composer.columns - textWidth.columns(symbols.prompt) - 1, 1);
  }

  regions(): Regions {
    // The words of a search stand elsewhere.
    return layOutScreen(
      this.size,
      layOut(this.draft.composer, this.composerColumns(), this.options.textWidth).rows.length,
    );
  }

  setting(now: number): RowContext {
    const { textWidth, symbols, time, chat } = this.options;
    const { columns } = layOutScreen(this.size, 1).messages;
    return { me: chat.me, columns, isRoomy: this.size.rows >= 16, textWidth, symbols, time, now };
  }

  blocks(conversation: Conversation, now: number): MessageBlocks {
    return new MessageBlocks(conversation, this.setting(now), this.#rows, this.found);
  }

  /** Opens a conversation: where unread begins, if there is something unread; else where one was. */
  select(peer: string, now: number): readonly Effect[] {
    const conversation = this.#turnTo(peer);
    this.#showUnread(conversation, now);
    const keep = { type: 'keep' } as const;
    return conversation.isLoaded ? [keep] : [keep, ...this.ask(peer)];
  }

  /** The user does something here. What is seen at the end has been read. */
  enter(): readonly Effect[] {
    const { open } = this;
    if (!open) return NOTHING;
    open.isEntered = true;
    const sees = open.anchor === 'end' && open.newer === undefined;
    return sees && open.read() ? [{ type: 'read', peer: open.peer }] : NOTHING;
  }

  /** Asks for a page once, until it comes. */
  ask(peer: string, segment?: number): readonly Effect[] {
    const key = `${peer} ${segment}`;
    if (this.#awaited.has(key)) return NOTHING;
    this.#awaited.add(key);
    return [{ type: 'load', peer, ...(segment !== undefined && { segment }) }];
  }

  /** Asks for what is next, if the window is near to an end of what is loaded. */
  askAhead(now: number): readonly Effect[] {
    const { open } = this;
    if (!open?.isLoaded) return NOTHING;
    const { parts } = visibleRows(this.blocks(open, now), open.anchor, this.regions().messages.rows);
    const first = parts[0]?.index ?? 0;
    const last = parts.at(-1)?.index ?? 0;
    if (open.older !== undefined && first < LOAD_AHEAD) return this.ask(open.peer, open.older);
    if (open.newer !== undefined && last > open.items.length - LOAD_AHEAD) return this.ask(open.peer, open.newer);
    return NOTHING;
  }

  /** A page came that was asked for with or without its segment; undefined when there is none. */
  loaded(peer: string, segment: number | undefined, page: Page | undefined, now: number): void {
    this.#awaited.delete(`${peer} ${segment}`);
    const conversation = this.chat.with(peer);
    if (!page) conversation.isLoaded = true;
    else if (segment === undefined) {
      this.chat.loaded(peer, page);
      if (conversation === this.open) this.#showUnread(conversation, now);
    } else {
      conversation.loadMore(page);
      if (conversation === this.open && !conversation.isEntered) this.#showUnread(conversation, now);
    }
  }

  /** The page of a message that was searched for came: it stands in the middle, with the words where there are some. */
  jumped(peer: string, page: Page | undefined, found: FoundMessage, now: number): readonly Effect[] {
    const conversation = this.#turnTo(peer);
    if (page) this.chat.loaded(peer, page);
    this.found = found;
    const { rows } = this.regions().messages;
    const blocks = this.blocks(conversation, now);
    const index = conversation.indexOf(found.key);
    conversation.anchor = showBlock(blocks, index, rows, Math.floor(rows / 2) - rowFound(blocks.rows(index)));
    return [{ type: 'keep' }];
  }

  /** A number for a search that nothing had before. */
  nextRun(): number {
    this.#runs += 1;
    return this.#runs;
  }

  /** The search found this. Returns whether it should go on. */
  searched(run: number, found: readonly SearchHit[], isBusy: boolean): boolean {
    if (this.overlay?.type !== 'search' || this.overlay.run !== run) return false;
    this.overlay = withFound(this.overlay, found, isBusy);
    return !isFull(this.overlay);
  }

  notify(notice: SafeText): void {
    this.notice = notice;
  }

  #turnTo(peer: string): Conversation {
    this.found = undefined;
    this.recalled = undefined;
    this.overlay = undefined;
    return this.chat.select(peer);
  }

  #showUnread(conversation: Conversation, now: number): void {
    if (conversation.unread === 0 || conversation.newFrom === undefined || conversation.anchor !== 'end') return;
    const index = conversation.indexOf(conversation.newFrom);
    conversation.anchor = showBlock(this.blocks(conversation, now), index, this.regions().messages.rows, 1);
  }
}
