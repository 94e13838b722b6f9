/** The messages of a conversation as blocks of rows, made on demand and cached by message. */

import { isOwn, type OwnMessage } from '../../history/history.js';
import { TUI } from '../limits.js';
import type { Conversation, ConversationItem } from '../model/conversation.js';
import type { Blocks } from '../model/viewport.js';
import { type MessageContext, messageRows, type Quote, type RowContext, rowsCacheKey } from './message-rows.js';
import type { Row } from './row.js';

/** Items that are searched for the next own message. */
const MAX_LOOKAHEAD = 20;

/** A message to highlight. */
export interface Highlight {
  readonly key: string;
  /** Also highlighted in its body; '' for none. */
  readonly query: string;
}

interface CachedRows {
  /** Everything besides the message that the rows depend on. */
  readonly key: string;
  readonly rows: readonly Row[];
}

/** Least recently set rows are evicted by generation: a full generation replaces the one before it. */
export class RowCache {
  #current = new Map<ConversationItem, CachedRows>();
  #previous = new Map<ConversationItem, CachedRows>();

  get(item: ConversationItem): CachedRows | undefined {
    return this.#current.get(item) ?? this.#previous.get(item);
  }

  set(item: ConversationItem, cached: CachedRows): void {
    this.#current.set(item, cached);
    if (this.#current.size < TUI.maxCachedMessages) return;
    this.#previous = this.#current;
    this.#current = new Map();
  }
}

export class MessageBlocks implements Blocks {
  constructor(
    private readonly conversation: Conversation,
    private readonly context: RowContext,
    private readonly cache: RowCache,
    private readonly highlight: Highlight | undefined,
  ) {}

  get count(): number {
    return this.conversation.items.length;
  }

  height(index: number): number {
    return this.rows(index).length;
  }

  key(index: number): string {
    return this.conversation.items[index]?.key ?? '';
  }

  indexOf(key: string): number {
    return this.conversation.indexOf(key);
  }

  rows(index: number): readonly Row[] {
    const item = this.conversation.items[index];
    if (item === undefined) return [];
    const messageContext: MessageContext = {
      item,
      previous: this.conversation.items[index - 1],
      nextOwn: isOwn(item.message) ? this.#nextOwn(index) : undefined,
      delay: this.conversation.delay,
      hasDivider: item.key === this.conversation.dividerKey,
      quote: item.message.re === undefined ? undefined : this.#quote(item.message.re, index),
      highlight: item.key === this.highlight?.key ? this.highlight.query : undefined,
    };
    const key = rowsCacheKey(messageContext, this.context);
    const cached = this.cache.get(item);
    if (cached?.key === key) return cached.rows;
    const rows = messageRows(messageContext, this.context);
    this.cache.set(item, { key, rows });
    return rows;
  }

  /** The nearest message with this id before the answer, if it is loaded; an answer may have come first. */
  #quote(id: string, index: number): Quote {
    const { items } = this.conversation;
    let found: ConversationItem | undefined;
    for (let at = index - 1; at >= 0 && found === undefined; at--) if (items[at]?.message.id === id) found = items[at];
    for (let at = index + 1; at < items.length && found === undefined; at++)
      if (items[at]?.message.id === id) found = items[at];
    return { id, message: found?.message };
  }

  #nextOwn(index: number): OwnMessage | undefined {
    const near = this.conversation.items.slice(index + 1, index + 1 + MAX_LOOKAHEAD);
    return near.map(({ message }) => message).find(isOwn);
  }
}
