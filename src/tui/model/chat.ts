/** All conversations of one user: their order, the open one, and the messages that wait in the outbox. Pure. */

import type { ClientEvent } from '../../client/api/client.js';
import {
  type HistoryMessage,
  isOwn,
  type OwnMessage,
  type Page,
  type ReceivedRecord,
  type SentState,
} from '../../history/history.js';
import type { SafeText } from '../../text/safe-text.js';
import { TUI } from '../limits.js';
import type { Loss } from '../texts/parameters.js';
import { Conversation } from './conversation.js';

/** The state of the connection, for the status line. */
export type ConnectionStatus =
  | { readonly state: 'connecting' | 'online' | 'ended' }
  /** `retryAt`: start of the next attempt, in ms of the clock that was passed. */
  | { readonly state: 'offline'; readonly loss: Loss; readonly retryAt: number };

export class Chat {
  connection: ConnectionStatus = { state: 'connecting' };
  /** The process that holds the state folder; undefined when it is this one. */
  lockHolder: string | undefined;
  /** Whether the terminal window has the focus; undefined when the terminal does not report it. */
  hasFocus: boolean | undefined;
  /** Time of the last key; ms since 1970. */
  lastKeyAt = 0;
  /** The one with the newest message first. */
  readonly #conversations: Conversation[] = [];
  #open: Conversation | undefined;
  /** Conversations that may be loaded, least recently opened first. */
  readonly #recentlyOpened = new Set<Conversation>();
  /** Time at which each queued own message was sent, by id. */
  readonly #queued = new Map<string, number>();
  /** Ids of own messages that were stored during this connection, and are not delivered yet. */
  readonly #storedNow = new Set<string>();
  /** Peers with messages that were read on arrival; the history does not have that yet. */
  readonly #autoRead = new Set<string>();

  constructor(readonly me: string) {}

  get conversations(): readonly Conversation[] {
    return this.#conversations;
  }

  /** The conversations in the list: all that are not closed. */
  get listed(): readonly Conversation[] {
    return this.#conversations.filter(({ isClosed }) => !isClosed);
  }

  /** The peers of all conversations, in their order. */
  get peers(): string[] {
    return this.#conversations.map(({ peer }) => peer);
  }

  /** The conversation on the screen. */
  get open(): Conversation | undefined {
    return this.#open;
  }

  /** The number of unread messages in all conversations that are not muted. */
  get unread(): number {
    return this.#conversations.reduce((sum, { unread, isMuted }) => (isMuted ? sum : sum + unread), 0);
  }

  /** Whether text is being written in any conversation. */
  get hasDrafts(): boolean {
    return this.#conversations.some(({ composer }) => composer.text !== '');
  }

  /** The number of queued messages, when the oldest was sent, and why messages are refused for now. */
  get queued(): { readonly count: number; readonly since: number | undefined; readonly delay?: SafeText | undefined } {
    const [since] = this.#queued.values();
    const delay = this.#conversations.find((one) => one.delay !== undefined)?.delay;
    return { count: this.#queued.size, since, delay };
  }

  /** The conversation with a peer; it is created, as the last one, if there is none. */
  conversationWith(peer: string): Conversation {
    let conversation = this.#conversations.find((one) => one.peer === peer);
    if (!conversation) {
      conversation = new Conversation(peer);
      this.#conversations.push(conversation);
    }
    return conversation;
  }

  /** Opens a conversation. Unloads the least recently opened one if too many are loaded. */
  select(peer: string): Conversation {
    const conversation = this.conversationWith(peer);
    if (conversation !== this.#open) this.#open?.leave();
    this.#open = conversation;
    conversation.isClosed = false;
    conversation.hasNewFailure = false;
    this.#recentlyOpened.delete(conversation);
    this.#recentlyOpened.add(conversation);
    const [oldest] = this.#recentlyOpened;
    if (oldest && this.#recentlyOpened.size > TUI.maxLoadedConversations) {
      this.#recentlyOpened.delete(oldest);
      oldest.unload();
    }
    return conversation;
  }

  /** The conversation `by` places below the open one; wraps around. */
  neighbor(by: number): Conversation | undefined {
    const all = this.listed;
    const index = this.#open ? all.indexOf(this.#open) : -1;
    return all[(index + by + all.length) % all.length];
  }

  /** Takes the open conversation out of the list. Returns the one below it, or above it, to be opened; undefined when there is none. */
  close(): Conversation | undefined {
    const closed = this.#open;
    if (!closed) return undefined;
    const index = this.listed.indexOf(closed);
    closed.leave();
    closed.isClosed = true;
    this.#open = undefined;
    return this.listed[index] ?? this.listed.at(-1);
  }

  /** The next conversation after the open one with unread messages that is not muted; wraps around. */
  nextUnread(): Conversation | undefined {
    const index = this.#open ? this.#conversations.indexOf(this.#open) + 1 : 0;
    const inTurn = [...this.#conversations.slice(index), ...this.#conversations.slice(0, index)];
    return inTurn.find((one) => one.unread > 0 && !one.isMuted && one !== this.#open);
  }

  /** Whether the user is likely to read a message that arrives in the open conversation now. */
  isUserPresent(now: number): boolean {
    const isAtEnd = this.#open?.isActive === true && this.#open.anchor === 'end';
    return isAtEnd && this.hasFocus !== false && now - this.lastKeyAt < TUI.awayAfterMs;
  }

  /** Restores what an earlier process left: unread, failed and queued messages, from the newest page of a conversation. */
  restore(peer: string, page: Page): void {
    const conversation = this.conversationWith(peer);
    if (!conversation.isLoaded) conversation.unread = page.unread;
    if (conversation.unread > 0) conversation.isClosed = false;
    conversation.trackFailures(page.messages);
    conversation.heardIn(page.messages);
    for (const message of page.messages) {
      if (isOwn(message) && message.state === 'queued') this.#queued.set(message.id, message.at);
    }
  }

  /** Adds a received message that is in the history. Returns whether it is unread. */
  received(record: ReceivedRecord, segment: number, now: number): boolean {
    const conversation = this.conversationWith(record.from);
    this.#moveToTop(conversation);
    const isUnread = conversation.received(record, segment, conversation === this.#open && this.isUserPresent(now));
    if (!isUnread) this.#autoRead.add(record.from);
    return isUnread;
  }

  /** Adds a message that another device had before this one was added. */
  receivedElsewhere(record: ReceivedRecord, segment: number): void {
    this.#added(this.conversationWith(record.from), record, segment);
  }

  /** Adds an own message that another device sent. */
  sentElsewhere(message: OwnMessage, segment: number): void {
    this.#added(this.conversationWith(message.to), message, segment);
  }

  #added(conversation: Conversation, message: HistoryMessage, segment: number): void {
    this.#moveToTop(conversation);
    conversation.add(message, segment);
  }

  /** Another device has read all messages of this peer. */
  readElsewhere(peer: string): void {
    this.conversationWith(peer).markRead();
  }

  /** Adds an own message that is in the history; it is queued. */
  sent(message: OwnMessage, segment: number): void {
    const conversation = this.conversationWith(message.to);
    this.#moveToTop(conversation);
    conversation.sent(message, segment);
    this.#queued.set(message.id, message.at);
  }

  /** Sets the state of an own message. */
  stateChanged(to: string, id: string, state: SentState, why?: string): void {
    const conversation = this.conversationWith(to);
    const message = conversation.stateChanged(id, state, why);
    if (state === 'failed') conversation.isClosed = false; // it has to be seen
    if (state === 'failed' && conversation !== this.#open) conversation.hasNewFailure = true;
    else if (!conversation.hasFailures) conversation.hasNewFailure = false;
    // A queued message was answered: the others follow.
    if (state !== 'queued' && this.#queued.delete(id)) conversation.delay = undefined;
    if (state === 'queued' && message) this.#queued.set(id, message.at);
  }

  /** The server refuses messages to this peer for now. @param reason for people. */
  delayed(peer: string, reason: SafeText): void {
    this.conversationWith(peer).delay = reason;
  }

  /** Updates the connection and the lock holder. */
  applyClientEvent(event: ClientEvent, now: number): void {
    if (event.type === 'offline' || event.type === 'ended')
      for (const one of this.#conversations) one.delay = undefined;
    switch (event.type) {
      case 'state':
        this.#noteDelivery(event, now);
        break;
      case 'connecting':
      case 'online':
      case 'ended':
        this.#storedNow.clear();
        this.connection = { state: event.type };
        break;
      case 'offline':
        this.connection = { state: event.type, loss: event, retryAt: now + event.retryInMs };
        break;
      case 'locked':
        this.lockHolder = event.holder;
        break;
      case 'opened':
        this.lockHolder = undefined;
        break;
    }
  }

  /** A message that was sent and delivered during one connection was delivered just now; of others it is not known when. */
  #noteDelivery({ to, id, state, duplicate }: Extract<ClientEvent, { readonly type: 'state' }>, now: number): void {
    if (state === 'stored' && !duplicate) this.#storedNow.add(id);
    else if (this.#storedNow.delete(id) && state === 'delivered') this.conversationWith(to).heard(now);
  }

  /** Peers whose messages were read on arrival since the last call. */
  takeAutoRead(): string[] {
    const peers = [...this.#autoRead];
    this.#autoRead.clear();
    return peers;
  }

  /** There is a new message. */
  #moveToTop(conversation: Conversation): void {
    conversation.isClosed = false;
    const index = this.#conversations.indexOf(conversation);
    if (index <= 0) return;
    this.#conversations.splice(index, 1);
    this.#conversations.unshift(conversation);
  }
}
