/** Recalls sent messages into the composer: Up goes to older ones, Down back to the draft. Pure. */
import { isOwn } from '../../history/history.js';
import { type Composer, composerWith } from '../composer/composer.js';
import { TUI } from '../limits.js';
import type { Conversation } from '../model/conversation.js';

export interface RecalledInput {
  /** 0 is the newest message. */
  readonly index: number;
  /** The composer before the first recall. */
  readonly draft: Composer;
}

/** The sent texts of a conversation, newest first, without duplicates. */
function sentTexts({ items }: Conversation): string[] {
  const bodies = items.slice(-TUI.maxRecallMessages).flatMap(({ message }) => (isOwn(message) ? [message.body] : []));
  return [...new Set(bodies.reverse())];
}

/** One step to an older (1) or newer (-1) text; undefined when there is none. After the newest comes the draft. */
export function recallInput(
  conversation: Conversation,
  recalled: RecalledInput | undefined,
  by: 1 | -1,
): { readonly composer: Composer; readonly recalled: RecalledInput | undefined } | undefined {
  const index = (recalled?.index ?? -1) + by;
  const draft = recalled?.draft ?? conversation.composer;
  if (index === -1 && recalled) return { composer: draft, recalled: undefined };
  const text = sentTexts(conversation)[index];
  if (text === undefined) return undefined;
  return { composer: composerWith(text, conversation.composer.killed), recalled: { index, draft } };
}
