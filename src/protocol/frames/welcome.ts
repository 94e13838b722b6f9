/** `welcome`: the login succeeded. Gives the client the state of its mailbox and the limits of the server. */
import { integer, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const welcome = defineFrame('welcome', {
  v: integer(1),
  user: userName(),
  session: text(64, 1),
  /** The identity of the store. When it changes, the client forgets its seqs. */
  epoch: text(64, 1),
  /** The cursor of this device: everything up to this seq was acked by it, or is no longer kept. */
  delivered: integer(0),
  /** The device of this session. Absent in other modes than `chat`. */
  device: optional(userName()),
  /** Up to this seq, pushes are history: other devices had these messages before this one was added. Absent: none. */
  history: optional(integer(1)),
  /** How many messages before that this device never got, because they are no longer kept. Absent: none. */
  missed: optional(integer(1)),
  /** How many messages after the cursor will be pushed. */
  pending: integer(0),
  heartbeatMs: integer(1),
  idleMs: integer(1),
  /** How many messages the client may have sent without an answer. */
  window: integer(1),
  maxBodyBytes: integer(1),
  /** The server's time, ms since 1970. */
  at: integer(0),
});
export type Welcome = FrameOf<typeof welcome>;
