/** `welcome`: logged in. Tells the client what it needs to know of the server and of its mailbox. */
import { integer, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const welcome = defineFrame('welcome', {
  v: integer(1),
  user: userName(),
  session: text(64, 1),
  /** Names this store's life. When it changes, the client forgets its sequence numbers. */
  epoch: text(64, 1),
  /** The mailbox cursor: everything up to this seq was acked. */
  delivered: integer(0),
  /** How many pushes follow on the cursor. */
  pending: integer(0),
  heartbeatMs: integer(1),
  idleMs: integer(1),
  /** How many messages the client may have unanswered. */
  window: integer(1),
  maxBodyBytes: integer(1),
  /** The server's time, ms since 1970. */
  at: integer(0),
});
export type Welcome = FrameOf<typeof welcome>;
