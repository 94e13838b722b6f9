/** What one wrote before, brought back into the composer: older with each step up, at last the draft again. Pure. */
import { isOwn } from '../../history/history.js';
import { type Composer, composerWith } from '../composer/composer.js';
import { TUI } from '../limits.js';
import type { Conversation } from '../model/conversation.js';

export interface InputHistory {
  /** 0 is the newest. */
  readonly index: number;
  /** What was being written before. */
  readonly draft: Composer;
}

/** The texts one wrote in a conversation, the newest first, each once. */
function written({ items }: Conversation): string[] {
  const bodies = items.slice(-TUI.maxRecalledFrom).flatMap(({ message }) => (isOwn(message) ? [message.body] : []));
  return [...new Set(bodies.reverse())];
}

/** One step back (1) or forward (-1); undefined when there is nothing there. */
export function recallInput(
  conversation: Conversation,
  recalled: InputHistory | undefined,
  by: 1 | -1,
): { readonly composer: Composer; readonly recalled: InputHistory | undefined } | undefined {
  const index = (recalled?.index ?? -1) + by;
  const draft = recalled?.draft ?? conversation.composer;
  if (index === -1 && recalled) return { composer: draft, recalled: undefined };
  const text = written(conversation)[index];
  if (text === undefined) return undefined;
  return { composer: composerWith(text, conversation.composer.killed), recalled: { index, draft } };
}
