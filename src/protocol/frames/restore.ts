/**
 * `restore`: an operator puts exported messages into mailboxes, with their original sender, id and time, in this order.
 * What is known already is a duplicate, so that asking twice changes nothing (R8). What was purged is stored anew.
 */
import { body, integer, list, messageId, object, oneOf, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/** What became of one message. */
const RESTORE_OUTCOMES = ['stored', 'duplicate', 'conflict', 'full', 'unknown-user'] as const;
export type RestoreOutcome = (typeof RESTORE_OUTCOMES)[number];

/** Client → server. */
export const restore = defineFrame('restore', {
  id: messageId(),
  messages: list(
    object({ to: userName(), from: userName(), id: messageId(), body: body(), at: integer(0) }),
    QUEUE.maxMessagesPerFrame,
  ),
});
export type Restore = FrameOf<typeof restore>;

/** Server → client. What is stored or a duplicate is on disk (R9, R14). */
export const restoreReply = defineFrame('restore', {
  id: messageId(),
  /** One for each message, in their order. */
  outcomes: list(oneOf(...RESTORE_OUTCOMES), QUEUE.maxMessagesPerFrame),
});
