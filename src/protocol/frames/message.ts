/** `message`: from a client, a message to deliver (R7 to R11); from the server, a push (R5, R10). */
import { body, boolean, integer, messageId, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';

/** Client → server. The client chooses `id` once; every retry of the message has the same one. */
export const message = defineFrame('message', {
  id: messageId(),
  to: userName(),
  body: body(),
  /** Optional. A message with another user than that of the session is refused (R7). */
  from: optional(userName()),
  /** The id of an earlier message of this conversation, in either direction, which this one is about: an answer, a quote. */
  re: optional(messageId()),
});
export type Message = FrameOf<typeof message>;

/** Server → client. */
export const push = defineFrame('message', {
  /** The position in the target's mailbox: 1, 2, 3 … without gaps. */
  seq: integer(1),
  id: messageId(),
  from: userName(),
  body: body(),
  /** When the server stored it, ms since 1970. */
  at: integer(0),
  /** The number of sessions in which it was pushed, including this one. */
  attempt: integer(1),
  /** Set when an operator replays a delivered message: the client shows it as a replay and does not ack it. */
  replay: optional(text(64, 1)),
  /** Set on a copy of a message that the user, who is `from`, sent elsewhere: its target. Only if the login has `copies`. */
  to: optional(userName()),
  /**
   * There is nothing to show: an operator deleted it, or it is a copy for other devices. The client acks it like any other, since
   * seqs have no gaps.
   */
  purged: optional(boolean()),
  /** As the sender gave it. Nobody has checked that there is such a message. */
  re: optional(messageId()),
});
export type Push = FrameOf<typeof push>;
