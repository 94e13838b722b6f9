/**
 * `restore`: an operator stores exported messages again, with their original sender, id and time, in this order.
 * A known message is a duplicate, so that a second `restore` changes nothing (R8). A purged one is stored anew,
 * and so is one that its receiver has parked. One that its sender has unsent is not.
 */
import { body, integer, list, messageId, object, oneOf, optional, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/** The result for one message. */
const RESTORE_OUTCOMES = ['stored', 'duplicate', 'conflict', 'unsent', 'full', 'unknown-user'] as const;
export type RestoreOutcome = (typeof RESTORE_OUTCOMES)[number];

/** Client → server. */
export const restore = defineFrame('restore', {
  id: messageId(),
  messages: list(
    object({
      to: userName(),
      from: userName(),
      id: messageId(),
      body: body(),
      at: integer(0),
      re: optional(messageId()),
      /** Its seq when its receiver acked it without having handled it: stored anew, unless that was done since. */
      parked: optional(integer(1)),
    }),
    QUEUE.maxMessagesPerFrame,
  ),
});
export type Restore = FrameOf<typeof restore>;

/** Server → client. Messages with `stored` and `duplicate` are on disk (R9, R14). */
export const restoreReply = defineFrame('restore', {
  id: messageId(),
  /** One for each message, in the same order. */
  outcomes: list(oneOf(...RESTORE_OUTCOMES), QUEUE.maxMessagesPerFrame),
});
