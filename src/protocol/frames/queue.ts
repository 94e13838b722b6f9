/** `queue`: an operator lists the mailboxes, or the messages in one of them, page by page; or asks what happened to a message. */
import { body, boolean, integer, list, messageId, object, oneOf, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE, WIRE } from '../limits.js';

/** Client → server. */
export const queue = defineFrame('queue', {
  /** Chosen by the client; returned in the answer or the `error`. */
  id: messageId(),
  /**
   * `mailboxes`: the state of each mailbox, by name. `messages`: the messages in the mailbox of `user`, by seq. `traces`: what
   * happened to the messages with the id `message` in that.
   */
  what: oneOf('mailboxes', 'messages', 'traces'),
  /** Whose messages. For `mailboxes`: only this one. */
  user: optional(userName()),
  /** For `mailboxes`: only names after this one. */
  after: optional(userName()),
  /** For `messages`: only seqs above this one. */
  seq: optional(integer(0)),
  /** For `messages`: leave out the bodies. */
  headers: optional(boolean()),
  /** For `traces`. */
  message: optional(messageId()),
});
export type Queue = FrameOf<typeof queue>;

/** What may have happened to a message. */
export const TRACE_EVENTS = [
  'stored',
  'restored',
  'pushed',
  'not acked',
  'acked',
  'purged',
  'unsent',
  'replayed',
] as const;

/** Server → client. An empty page is the end. */
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
        /** Purged messages after the cursor. */
        purged: integer(0),
        /** When a session of its user last acked a push, or ended without an ack; 0 if never. */
        seenAt: integer(0),
        /** Whether its user has a session now. */
        online: boolean(),
        /** Its user's devices, by name. Absent if there is only `main`, whose cursor is `delivered`, and from older servers. */
        devices: optional(
          list(
            object({ device: userName(), behind: integer(0), seenAt: integer(0), online: boolean() }),
            WIRE.maxDevicesPerFrame,
            0,
          ),
        ),
        /** Set when the mailbox cannot be read: why. The numbers mean nothing then. */
        fault: optional(text(WIRE.maxSentenceLength)),
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
        /** Earlier sessions in which it was pushed, and when the last of them ended. */
        attempts: integer(0),
        triedAt: optional(integer(0)),
        /** The body's length in bytes of UTF-8. */
        bytes: integer(0),
        body: optional(body()),
        /** When it was deleted; then its body is empty. `unsent`: its sender did it, not an operator. */
        purgedAt: optional(integer(0)),
        unsent: optional(boolean()),
        /** See `message`. */
        re: optional(messageId()),
      }),
      QUEUE.maxMessagesPerFrame,
      0,
    ),
  ),
  /** Those after `seq`, by seq: several senders may use the same id. An empty page is the end. */
  traces: optional(
    list(
      object({
        seq: integer(1),
        from: userName(),
        status: oneOf('undelivered', 'delivered', 'purged'),
        /** The body's length in bytes of UTF-8. Absent when the message is no longer kept. */
        bytes: optional(integer(0)),
        /** What happened, in order, as far as it is known. */
        events: list(
          object({
            event: oneOf(...TRACE_EVENTS),
            at: integer(0),
            /** `restored`, `replayed`: the operator, and the run. `unsent`: the sender. */
            by: optional(userName()),
            run: optional(text(64)),
            /** `pushed`, `not acked`, `acked`: absent as long as there was only the device `main`, or if it is not known. */
            device: optional(userName()),
            session: optional(text(128)),
          }),
          QUEUE.maxEventsPerTrace,
          0,
        ),
        /** How many undelivered messages are before it. Only while it is undelivered. */
        before: optional(integer(0)),
        /** Devices that have not acked it, though another one has. */
        behind: optional(list(userName(), WIRE.maxDevicesPerFrame)),
      }),
      QUEUE.maxTracesPerFrame,
      0,
    ),
  ),
});
export type QueueReply = FrameOf<typeof queueReply>;
