/** `queue`: an operator looks at the mailboxes, page by page: how they stand, and what is in them. */
import { body, boolean, integer, list, messageId, object, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/** Client → server. */
export const queue = defineFrame('queue', {
  /** Made by the client; comes back in the answer, or in the `error` that refuses. */
  id: messageId(),
  /** `mailboxes`: how they stand, by name. `messages`: what is in the mailbox of `user`, by seq. */
  what: oneOf('mailboxes', 'messages'),
  /** Whose messages. For `mailboxes`: only this one. */
  user: optional(userName()),
  /** For `mailboxes`: only names after this one. */
  after: optional(userName()),
  /** For `messages`: only seqs above this one. */
  seq: optional(integer(0)),
  /** For `messages`: without their bodies. */
  headers: optional(boolean()),
});
export type Queue = FrameOf<typeof queue>;

/** Server → client. A page without an item is the end. */
export const queueReply = defineFrame('queue', {
  id: messageId(),
  mailboxes: optional(
    list(
      object({
        user: userName(),
        /** The cursor. */
        delivered: integer(0),
        /** The highest seq. */
        last: integer(0),
        /** How many after the cursor were purged. */
        purged: integer(0),
        /** When its user last acked something, or left without; 0 if never. */
        seenAt: integer(0),
        /** Whether its user has a session now. */
        online: boolean(),
        /** Why it cannot be read, if it cannot: then the numbers say nothing. */
        fault: optional(text(512)),
      }),
      QUEUE.maxMailboxesPerFrame,
      0,
    ),
  ),
  messages: optional(
    list(
      object({
        seq: integer(1),
        id: messageId(),
        from: userName(),
        at: integer(0),
        /** Earlier sessions it was pushed in, and when the last of them ended. */
        attempts: integer(0),
        triedAt: optional(integer(0)),
        /** The body's length as UTF-8. */
        bytes: integer(0),
        body: optional(body()),
        /** When an operator deleted it; then its body is empty. */
        purgedAt: optional(integer(0)),
      }),
      QUEUE.maxMessagesPerFrame,
      0,
    ),
  ),
});
export type QueueReply = FrameOf<typeof queueReply>;
