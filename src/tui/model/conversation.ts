/** One conversation: the loaded window of its history, new and unread messages, the draft. Pure. */
import { type HistoryMessage, isOwn, type OwnMessage, type Page, type SentState } from '../../history/history.js';
import { ERRORS } from '../../protocol/error-codes.js';
import type { SafeText } from '../../text/safe-text.js';
import { type Composer, EMPTY_COMPOSER } from '../composer/composer.js';
import { TUI } from '../limits.js';
import type { Anchor } from './viewport.js';

/** A message on the screen. Immutable: a state change makes a new item. */
export interface ConversationItem {
  /** Identifies the message in every window and every process. */
  readonly key: string;
  readonly message: HistoryMessage;
  /** The history segment that contains it. */
  readonly segment: number;
  /** It arrived after messages that were sent later. */
  readonly isLate: boolean;
  /** The latest time of this and all earlier items; a date line is shown where it reaches a new day. ms since 1970. */
  readonly latestAt: number;
}

/** The key of a message's item. */
export const messageKey = (message: HistoryMessage): string =>
  isOwn(message) ? `me ${message.id}` : `${message.replay ?? ''} ${message.epoch} ${message.seq}`;

export class Conversation {
  /** The loaded window, in display order. */
  readonly #items: ConversationItem[] = [];
  /** The segments before and after the loaded window; undefined when there is none. */
  older: number | undefined;
  newer: number | undefined;
  /** Until a page was loaded, arriving messages are only counted: that page will contain them. */
  isLoaded = false;
  /** The number of unread messages from the peer. */
  unread = 0;
  /** Key of the message below the `new` divider. */
  dividerKey: string | undefined;
  /** Ids of own messages that have failed, as far as they are known. */
  readonly #failed = new Set<string>();
  /** One of them failed since the user was last here. */
  hasNewFailure = false;
  /** Why the server refuses messages to the peer for now, for people; undefined when it does not. */
  delay: SafeText | undefined;
  /** Whether the user has done something here since opening it. Passing through marks nothing as read. */
  isActive = false;
  /** Not in the list until a new message comes, or the user opens it. */
  isClosed = false;
  /** Its messages are not announced: no notification, no colors, not counted as unread elsewhere. */
  isMuted = false;
  /** The last sign of life of the peer, as far as this client knows; ms since 1970. */
  heardAt: number | undefined;
  anchor: Anchor = 'end';
  composer: Composer = EMPTY_COMPOSER;

  constructor(readonly peer: string) {}

  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** Replaces the window by this page: the newest one, or one with a search hit. */
  load(page: Page): void {
    this.#items.length = 0;
    this.older = page.older;
    this.isLoaded = true;
    this.#append(page);
    if (this.newer !== undefined) return;
    this.unread = page.unread;
    if (this.unread > 0) this.dividerKey = this.#firstUnreadKey();
  }

  /** Extends the window by the page before or after it; drops a segment at the other end if the window gets too large. */
  loadMore(page: Page): void {
    if (page.number === this.older) {
      const items: ConversationItem[] = [];
      for (const message of page.messages) insertInOrder(items, message, page.number);
      this.trackFailures(page.messages);
      this.heardIn(page.messages);
      this.#items.unshift(...items);
      this.older = page.older;
      if (this.dividerKey === undefined && this.unread > 0) this.dividerKey = this.#firstUnreadKey();
      this.#dropNewest();
    } else if (page.number === this.newer) {
      this.#append(page);
      this.#dropOldest();
    }
  }

  /** Adds a message from the peer. Returns whether it is unread. @param isPresent whether the user sees it arrive. */
  received(message: HistoryMessage, segment: number, isPresent: boolean): boolean {
    const hasEnd = this.isLoaded && this.newer === undefined;
    const isRead = isPresent && hasEnd && this.unread === 0;
    if (!isRead) this.unread += 1;
    if (hasEnd && this.unread === 1 && !isRead) this.dividerKey = messageKey(message);
    this.add(message, segment);
    return !isRead;
  }

  /** Adds a message that is nothing new for the user: from another device, or from before this one was added. */
  add(message: HistoryMessage, segment: number): void {
    if (!isOwn(message)) this.heard(message.at);
    if (!this.isLoaded || this.newer !== undefined) return;
    insertInOrder(this.#items, message, segment);
    if (this.anchor === 'end') this.#dropOldest();
    else this.#dropNewest();
  }

  /** Adds an own message, scrolls to it, and removes the `new` divider. */
  sent(message: OwnMessage, segment: number): void {
    this.anchor = 'end';
    this.dividerKey = undefined;
    if (this.isLoaded && this.newer === undefined) insertInOrder(this.#items, message, segment);
  }

  /** Sets the state of an own message. Returns the changed message; undefined when it is not in the window. */
  stateChanged(id: string, state: SentState, why?: string): OwnMessage | undefined {
    this.#trackFailure(id, { state, ...(why !== undefined && { why }) });
    const index = this.indexOf(`me ${id}`);
    const item = this.#items[index];
    if (item === undefined || !isOwn(item.message)) return undefined;
    const { why: _, ...content } = item.message;
    const message: OwnMessage = { ...content, state, ...(why !== undefined && { why }) };
    this.#items[index] = { ...item, message };
    return message;
  }

  /** Counts the failed ones among these messages of the history, whether they are in the window or not. */
  trackFailures(messages: readonly HistoryMessage[]): void {
    for (const message of messages) if (isOwn(message)) this.#trackFailure(message.id, message);
  }

  /** The peer gave a sign of life. @param at ms since 1970. */
  heard(at: number): void {
    this.heardAt = Math.max(at, this.heardAt ?? at);
  }

  /** The same for each message of the peer among these. */
  heardIn(messages: readonly HistoryMessage[]): void {
    for (const message of messages) if (!isOwn(message)) this.heard(message.at);
  }

  /** Returns whether there was anything unread. The divider stays until the user leaves. */
  markRead(): boolean {
    if (this.unread === 0) return false;
    this.unread = 0;
    return true;
  }

  /** Drops the window from memory; the history on disk has it. */
  unload(): void {
    this.#items.length = 0;
    this.isLoaded = false;
    this.older = undefined;
    this.newer = undefined;
    this.dividerKey = undefined;
    this.anchor = 'end';
  }

  /** The user opens another conversation. */
  leave(): void {
    this.isActive = false;
    if (this.unread === 0) this.dividerKey = undefined;
  }

  /** The index of an item; -1 when it is not in the window. Searches from the end: most lookups are for new messages. */
  indexOf(key: string): number {
    return this.#items.findLastIndex((item) => item.key === key);
  }

  #append(page: Page): void {
    this.newer = page.newer;
    for (const message of page.messages) insertInOrder(this.#items, message, page.number);
    this.trackFailures(page.messages);
    this.heardIn(page.messages);
  }

  #trackFailure(id: string, message: Pick<OwnMessage, 'state' | 'why'>): void {
    if (!hasFailed(message)) this.#failed.delete(id);
    else if (this.#failed.size < TUI.maxFailed) this.#failed.add(id);
  }

  /** The key of the first unread message; of the first item when that message is above the window. */
  #firstUnreadKey(): string | undefined {
    let left = this.unread;
    const index = this.#items.findLastIndex(({ message }) => !isOwn(message) && --left === 0);
    return this.#items[Math.max(index, 0)]?.key;
  }

  #dropOldest(): void {
    const first = this.#items[0]?.segment ?? 0;
    if ((this.#items.at(-1)?.segment ?? 0) - first < TUI.maxLoadedSegments) return;
    const kept = this.#items.findIndex(({ segment }) => segment > first);
    this.#items.splice(0, kept);
    this.older = first;
  }

  #dropNewest(): void {
    const last = this.#items.at(-1)?.segment ?? 0;
    if (last - (this.#items[0]?.segment ?? 0) < TUI.maxLoadedSegments) return;
    const kept = this.#items.findIndex(({ segment }) => segment === last);
    this.#items.length = kept;
    this.newer = last;
  }
}

/** Adds a message at the end, or before those of the same mailbox that have a higher seq. */
function insertInOrder(items: ConversationItem[], message: HistoryMessage, segment: number): void {
  const isFirstPush = !isOwn(message) && message.replay === undefined;
  let index = items.length;
  for (let at = items.length - 1; isFirstPush && at >= 0; at--) {
    const other = items[at]?.message;
    if (other === undefined || isOwn(other) || other.replay !== undefined || other.epoch !== message.epoch) continue;
    if (other.seq < message.seq) break;
    index = at;
  }
  const previous = items[index - 1];
  const isLate = index < items.length; // by seq: clocks may differ, and jump
  const latestAt = Math.max(message.at, previous?.latestAt ?? 0);
  items.splice(index, 0, { key: messageKey(message), message, segment, isLate, latestAt });
}

/** Its user has taken it back. */
export const isUnsent = ({ state, why }: Pick<OwnMessage, 'state' | 'why'>): boolean =>
  state === 'failed' && why === ERRORS.unsent.description;

/** It failed, though its user wanted it to arrive. */
export const hasFailed = (message: Pick<OwnMessage, 'state' | 'why'>): boolean =>
  message.state === 'failed' && !isUnsent(message);
