/** All conversations of one user: which is open, in which order they stand, what waits to be sent. Pure. */

import type { ClientEvent } from '../../client/client.js';
import { isOwn, type OwnMessage, type Page, type ReceivedRecord, type SentState } from '../../history/history.js';
import { TUI } from '../limits.js';
import { type ConnectionStatus, connectionStatusAfter } from './connection-status.js';
import { Conversation } from './conversation.js';

export class Chat {
  connection: ConnectionStatus = { state: 'connecting' };
  /** Who holds the state folder, as long as it is not this process. */
  heldBy: string | undefined;
  /** Whether the terminal's window has the keyboard; undefined where the terminal does not say. */
  hasFocus: boolean | undefined;
  /** When the last key was pressed; ms since 1970. */
  lastKeyAt = 0;
  /** The conversation of the newest message first. */
  readonly #conversations: Conversation[] = [];
  #open: Conversation | undefined;
  /** Those that may be loaded; the open one is the last. */
  readonly #visited = new Set<Conversation>();
  /** Own messages that are queued: since when, by id. */
  readonly #queued = new Map<string, number>();
  /** Peers whose messages were read as they came, which the history does not know yet. */
  readonly #readSilently = new Set<string>();

  constructor(readonly me: string) {}

  get conversations(): readonly Conversation[] {
    return this.#conversations;
  }

  /** The conversation that is open. */
  get open(): Conversation | undefined {
    return this.#open;
  }

  /** How many messages have not been read. */
  get unread(): number {
    return this.#conversations.reduce((sum, { unread }) => sum + unread, 0);
  }

  get queued(): { readonly count: number; readonly since: number | undefined } {
    const [since] = this.#queued.values();
    return { count: this.#queued.size, since };
  }

  /** The conversation with a peer; a new one stands last. */
  with(peer: string): Conversation {
    let conversation = this.#conversations.find((one) => one.peer === peer);
    if (!conversation) {
      conversation = new Conversation(peer);
      this.#conversations.push(conversation);
    }
    return conversation;
  }

  select(peer: string): Conversation {
    const conversation = this.with(peer);
    if (conversation !== this.#open) this.#open?.leave();
    this.#open = conversation;
    conversation.hasNewFailure = false;
    this.#visited.delete(conversation);
    this.#visited.add(conversation);
    const [oldest] = this.#visited;
    if (oldest && this.#visited.size > TUI.maxLoadedConversations) {
      this.#visited.delete(oldest);
      oldest.unload();
    }
    return conversation;
  }

  /** The conversation so many further down; round and round. */
  neighbour(by: number): Conversation | undefined {
    const all = this.#conversations;
    const index = this.#open ? all.indexOf(this.#open) : -1;
    return all[(index + by + all.length) % all.length];
  }

  /** The next conversation with something unread, after the open one. */
  nextUnread(): Conversation | undefined {
    const index = this.#open ? this.#conversations.indexOf(this.#open) + 1 : 0;
    const inTurn = [...this.#conversations.slice(index), ...this.#conversations.slice(0, index)];
    return inTurn.find((one) => one.unread > 0 && one !== this.#open);
  }

  /** Whether somebody is there to read what comes into the open conversation. */
  isPresent(now: number): boolean {
    const isWatched = this.#open?.isEntered === true && this.#open.anchor === 'end';
    return isWatched && this.hasFocus !== false && now - this.lastKeyAt < TUI.presentMs;
  }

  /** A page of a conversation was read: its window is that page now. */
  loaded(peer: string, page: Page): void {
    this.with(peer).load(page);
  }

  /** What an earlier process left of a conversation: the newest page says what is unread and what is queued. */
  found(peer: string, page: Page): void {
    const conversation = this.with(peer);
    if (!conversation.isLoaded) conversation.unread = page.unread;
    conversation.found(page.messages);
    for (const said of page.messages) if (isOwn(said) && said.state === 'queued') this.#queued.set(said.id, said.at);
  }

  /** A message came, and is kept. Returns whether it is unread. */
  received(record: ReceivedRecord, segment: number, now: number): boolean {
    const conversation = this.with(record.from);
    this.#raise(conversation);
    const isUnread = conversation.received(record, segment, conversation === this.#open && this.isPresent(now));
    if (!isUnread) this.#readSilently.add(record.from);
    return isUnread;
  }

  /** An own message is kept, and queued. */
  sent(said: OwnMessage, segment: number): void {
    const conversation = this.with(said.to);
    this.#raise(conversation);
    conversation.sent(said, segment);
    this.#queued.set(said.id, said.at);
  }

  changed(to: string, id: string, state: SentState, why?: string): void {
    const conversation = this.with(to);
    const said = conversation.changed(id, state, why);
    if (state === 'failed' && conversation !== this.#open) conversation.hasNewFailure = true;
    if (state !== 'queued') this.#queued.delete(id);
    else if (said) this.#queued.set(id, said.at);
  }

  happened(event: ClientEvent, now: number): void {
    this.connection = connectionStatusAfter(event, now) ?? this.connection;
    if (event.type === 'locked') this.heldBy = event.holder;
    if (event.type === 'opened') this.heldBy = undefined;
  }

  /** Peers whose messages were read as they came, since the last call. */
  takeReadSilently(): string[] {
    const peers = [...this.#readSilently];
    this.#readSilently.clear();
    return peers;
  }

  #raise(conversation: Conversation): void {
    const index = this.#conversations.indexOf(conversation);
    if (index <= 0) return;
    this.#conversations.splice(index, 1);
    this.#conversations.unshift(conversation);
  }
}
