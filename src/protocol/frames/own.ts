/**
 * `own`: a user looks at the own queue, page by page: what waits for the user, and what the user has sent that waits elsewhere; or asks
 * what happened to a message, as far as the user may know. Nothing is pushed, acked or counted as an attempt.
 */
import { body, boolean, integer, list, messageId, object, oneOf, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE, WIRE } from '../limits.js';
import { TRACE_EVENTS } from './queue.js';

/** Client → server. */
export const own = defineFrame('own', {
  /** Chosen by the client; returned in the answer or the `error`. */
  id: messageId(),
  /**
   * `received`: the undelivered messages in the own mailbox, by seq. `sent`: those of the session's user in other mailboxes.
   * `traces`: what happened to the messages with the id `message`, in the own mailbox, or to own ones in that of `to`.
   */
  what: oneOf('received', 'sent', 'traces'),
  /** For `received`: only seqs above this one. */
  seq: optional(integer(0)),
  /** For `sent`: only what follows the message with these; both are of the last one of the page before. */
  to: optional(userName()),
  message: optional(messageId()),
  /** Leave out the bodies. */
  headers: optional(boolean()),
});
export type Own = FrameOf<typeof own>;

const WAITING = {
  at: integer(0),
  /** Earlier sessions in which it was pushed without an ack. */
  attempts: integer(0),
  /** The body's length in bytes of UTF-8. */
  bytes: integer(0),
  body: optional(body()),
  /** See `message`. */
  re: optional(messageId()),
};

/** Server → client. */
export const ownReply = defineFrame('own', {
  id: messageId(),
  received: optional(
    list(
      object({ seq: integer(1), id: messageId(), from: userName(), ...WAITING, triedAt: optional(integer(0)) }),
      QUEUE.maxMessagesPerFrame,
      0,
    ),
  ),
  /** For `received`: there may be more after this seq. Absent: this was the last page. */
  next: optional(integer(1)),
  /** An empty page is the end. */
  sent: optional(list(object({ to: userName(), id: messageId(), ...WAITING }), QUEUE.maxMessagesPerFrame, 0)),
  /** For `sent`: mailboxes that may have further ones, and could not be read yet. Asked again from the start, there may be fewer. */
  unread: optional(integer(1)),
  traces: optional(
    list(
      object({
        to: userName(),
        from: userName(),
        status: oneOf('undelivered', 'delivered', 'purged'),
        /** Absent when the message is no longer kept. */
        bytes: optional(integer(0)),
        events: list(
          object({
            event: oneOf(...TRACE_EVENTS),
            at: integer(0),
            /** Only in the own mailbox: of the own devices and sessions, and the run of a replay. */
            device: optional(userName()),
            session: optional(text(128)),
            run: optional(text(64)),
            /** `unsent`: the sender. */
            by: optional(userName()),
          }),
          QUEUE.maxEventsPerTrace,
          0,
        ),
        /** Only in the own mailbox: its seq; how many undelivered messages are before it; devices that have not acked it. */
        seq: optional(integer(1)),
        before: optional(integer(0)),
        behind: optional(list(userName(), WIRE.maxDevicesPerFrame)),
      }),
      QUEUE.maxTracesPerFrame,
      0,
    ),
  ),
});
export type OwnReply = FrameOf<typeof ownReply>;
