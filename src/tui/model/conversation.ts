/** One conversation: the part of its history that is loaded, what comes, what is unread, what is being written. Pure. */
import { type HistoryMessage, isOwn, type OwnMessage, type Page, type SentState } from '../../history/history.js';
import { type Composer, EMPTY } from '../composer/composer.js';
import { TUI } from '../limits.js';
import type { Anchor } from './viewport.js';

/** A message on the screen. A change makes a new one. */
export interface ConversationItem {
  /** The same message has the same key, in every window and every process. */
  readonly key: string;
  readonly message: HistoryMessage;
  /** The segment of the history that holds it. */
  readonly segment: number;
  /** It came after messages that were sent later. */
  readonly isLate: boolean;
  /** The latest time up to here: days begin where it reaches a new one; ms since 1970. */
  readonly latestAt: number;
}

export const keyOf = (said: HistoryMessage): string =>
  isOwn(said) ? `me ${said.id}` : `${said.replay ?? ''} ${said.epoch} ${said.seq}`;

export class Conversation {
  /** In the order in which they are shown. */
  readonly #items: ConversationItem[] = [];
  /** The segments before and behind what is loaded; undefined: there is none. */
  older: number | undefined;
  newer: number | undefined;
  /** Whether anything was loaded. Until then what comes is only counted: it will be in the page that is loaded. */
  isLoaded = false;
  /** How many messages from the peer have not been read. */
  unread = 0;
  /** The message before which the line stands that says where unread begins. */
  newFrom: string | undefined;
  /** Own messages that were refused for good, as far as is known. */
  readonly #failed = new Set<string>();
  /** One of them was refused since the user was here. */
  hasNewFailure = false;
  /** Whether the user has done something here since coming here. Looking is not doing: peeking marks nothing as read. */
  isEntered = false;
  anchor: Anchor = 'end';
  composer: Composer = EMPTY;
  /** Changes with everything that is shown. */
  version = 0;

  constructor(readonly peer: string) {}

  get items(): readonly ConversationItem[] {
    return this.#items;
  }

  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  /** The window is this page alone: the newest at the start, or one that was searched for. */
  load(page: Page): void {
    this.#items.length = 0;
    this.older = page.older;
    this.isLoaded = true;
    this.#addAll(page);
    if (this.newer !== undefined) return;
    this.unread = page.unread;
    if (this.unread > 0) this.newFrom = this.#keyOfUnread();
  }

  /** A page that follows on the window's beginning or end. What is then too much is dropped at the other end. */
  loadMore(page: Page): void {
    this.version += 1;
    if (page.number === this.older) {
      const items: ConversationItem[] = [];
      for (const said of page.messages) place(items, said, page.number);
      this.found(page.messages);
      this.#items.unshift(...items);
      this.older = page.older;
      if (this.newFrom === undefined && this.unread > 0) this.newFrom = this.#keyOfUnread();
      this.#dropNewest();
    } else if (page.number === this.newer) {
      this.#addAll(page);
      this.#dropOldest();
    }
  }

  /** A message from the peer. Returns whether it is unread: nobody is there to read it. */
  received(said: HistoryMessage, segment: number, isPresent: boolean): boolean {
    this.version += 1;
    const isRead = isPresent && this.isLoaded && this.unread === 0 && this.newer === undefined;
    if (!isRead) this.unread += 1;
    if (this.isLoaded && this.newer === undefined) {
      if (this.unread === 1 && !isRead) this.newFrom = keyOf(said);
      place(this.#items, said, segment);
      if (this.anchor === 'end') this.#dropOldest();
      else this.#dropNewest();
    }
    return !isRead;
  }

  /** An own message. What was unread has been read: one does not answer what one has not seen. */
  sent(said: OwnMessage, segment: number): void {
    this.version += 1;
    this.anchor = 'end';
    this.newFrom = undefined;
    if (this.isLoaded && this.newer === undefined) place(this.#items, said, segment);
  }

  /** What became of an own message. Returns it as it is now; undefined when it is not in the window. */
  changed(id: string, state: SentState, why?: string): OwnMessage | undefined {
    this.#became(id, state);
    const index = this.indexOf(`me ${id}`);
    const item = this.#items[index];
    if (item === undefined || !isOwn(item.message)) return undefined;
    this.version += 1;
    const { to, at, body } = item.message;
    const message: OwnMessage = { to, id, at, body, state, ...(why !== undefined && { why }) };
    this.#items[index] = { ...item, message };
    return message;
  }

  /** What the history says of these, shown or not. */
  found(said: readonly HistoryMessage[]): void {
    for (const one of said) if (isOwn(one)) this.#became(one.id, one.state);
  }

  /** Returns whether there was something unread. The line stays where it is until one leaves. */
  read(): boolean {
    if (this.unread === 0) return false;
    this.version += 1;
    this.unread = 0;
    return true;
  }

  /** Lets go of what is loaded: it is on disk. */
  unload(): void {
    this.#items.length = 0;
    this.isLoaded = false;
    this.older = undefined;
    this.newer = undefined;
    this.newFrom = undefined;
    this.anchor = 'end';
  }

  /** The user goes to another conversation. */
  leave(): void {
    this.isEntered = false;
    if (this.unread > 0) return;
    this.newFrom = undefined;
    this.version += 1;
  }

  /** The index of a message; -1 when it is not in the window. From the end: most questions are about the newest. */
  indexOf(key: string): number {
    return this.#items.findLastIndex((item) => item.key === key);
  }

  #addAll(page: Page): void {
    this.version += 1;
    this.newer = page.newer;
    for (const said of page.messages) place(this.#items, said, page.number);
    this.found(page.messages);
  }

  #became(id: string, state: SentState): void {
    if (state !== 'failed') this.#failed.delete(id);
    else if (this.#failed.size < TUI.maxFailed) this.#failed.add(id);
  }

  /** The oldest of the unread messages; the oldest of all when it is further up. */
  #keyOfUnread(): string | undefined {
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

/** Puts a message at the end; but before those of the same mailbox that have a higher seq. */
function place(items: ConversationItem[], message: HistoryMessage, segment: number): void {
  const isFirstPush = !isOwn(message) && message.replay === undefined;
  let index = items.length;
  for (let at = items.length - 1; isFirstPush && at >= 0; at--) {
    const other = items[at]?.message;
    if (other === undefined || isOwn(other) || other.replay !== undefined || other.epoch !== message.epoch) continue;
    if (other.seq < message.seq) break;
    index = at;
  }
  const before = items[index - 1];
  const isBehind = before !== undefined && message.at < before.message.at - TUI.lateMs;
  const isLate = isFirstPush && (index < items.length || isBehind);
  const latestAt = Math.max(message.at, before?.latestAt ?? 0);
  items.splice(index, 0, { key: keyOf(message), message, segment, isLate, latestAt });
}
