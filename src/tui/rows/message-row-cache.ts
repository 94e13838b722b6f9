/** The messages of a conversation as blocks of rows. Rows are made when they are looked at, and kept with their message. */

import { isOwn, type OwnMessage } from '../../history/history.js';
import { TUI } from '../limits.js';
import type { Conversation, ConversationItem } from '../model/conversation.js';
import type { Blocks } from '../model/viewport.js';
import { type MessageContext, type RowContext, rowsKey, rowsOf } from './message-rows.js';
import type { Row } from './row.js';

/** How far the next own message is looked for, whose mark decides whether a word stands beside this one's. */
const NEAR = 20;

/** The message that was searched for, and the words; none when only its place was wanted. */
export interface FoundMessage {
  readonly key: string;
  readonly words: string;
}

interface Kept {
  readonly key: string;
  readonly rows: readonly Row[];
}

/** Rows by message, for the screen: those that were looked at last. */
export class RowCache {
  #kept = new Map<ConversationItem, Kept>();
  #before = new Map<ConversationItem, Kept>();

  get(item: ConversationItem): Kept | undefined {
    return this.#kept.get(item) ?? this.#before.get(item);
  }

  set(item: ConversationItem, kept: Kept): void {
    this.#kept.set(item, kept);
    if (this.#kept.size < TUI.maxKeptRows) return;
    this.#before = this.#kept;
    this.#kept = new Map();
  }
}

export class MessageBlocks implements Blocks {
  constructor(
    private readonly conversation: Conversation,
    private readonly setting: RowContext,
    private readonly cache: RowCache,
    private readonly found: FoundMessage | undefined,
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
    const place: MessageContext = {
      item,
      before: this.conversation.items[index - 1],
      nextMine: isOwn(item.message) ? this.#nextMine(index) : undefined,
      isFirstNew: item.key === this.conversation.newFrom,
      found: item.key === this.found?.key ? this.found.words : undefined,
    };
    const key = rowsKey(place, this.setting);
    const kept = this.cache.get(item);
    if (kept?.key === key) return kept.rows;
    const rows = rowsOf(place, this.setting);
    this.cache.set(item, { key, rows });
    return rows;
  }

  #nextMine(index: number): OwnMessage | undefined {
    const near = this.conversation.items.slice(index + 1, index + 1 + NEAR);
    return near.map(({ message }) => message).find(isOwn);
  }
}
