/** `message`: from the client a request to deliver (R7 to R11), from the server a push (R5, R10). */
import { body, boolean, integer, messageId, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';

/** Client → server. `id` is made by the client once and never changes for this message, however often it is sent. */
export const message = defineFrame('message', {
  id: messageId(),
  to: userName(),
  body: body(),
  /** Need not be given. When given and not the session's user, the message is refused (R7). */
  from: optional(userName()),
});
export type Message = FrameOf<typeof message>;

/** Server → client. */
export const push = defineFrame('message', {
  /** The position in the target's mailbox: 1, 2, 3 … without holes. */
  seq: integer(1),
  id: messageId(),
  from: userName(),
  body: body(),
  /** The server's time of storing, ms since 1970. */
  at: integer(0),
  /** In how many sessions it was pushed, this one included. */
  attempt: integer(1),
  /** Set when an operator had it pushed again although it was delivered: shown as a replay, not acked. */
  replay: optional(text(64, 1)),
  /** Set when an operator deleted it: there is nothing to show, but it is acked like any other, as seqs have no holes. */
  purged: optional(boolean()),
});
export type Push = FrameOf<typeof push>;
