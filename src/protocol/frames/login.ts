/** `login`: the client's user and token (R3 to R6). The only frame that has an effect on a new connection (R1). */
import { boolean, integer, messageId, object, oneOf, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';

/**
 * - `chat` becomes the session of its device: it receives the pushes and ends an older session of that device (R6).
 * - `send` only sends: it receives no pushes and ends no other session. For scripts and cron.
 * - `operate` is for operators: no mailbox, but `account`, `queue`, `replay`, `restore`, `purge` and `audit`.
 */
const MODES = ['chat', 'send', 'operate'] as const;
export type Mode = (typeof MODES)[number];

/** The device of a client that names none. */
export const MAIN_DEVICE = 'main';

export const login = defineFrame('login', {
  /** The version of the protocol. Anything but 1 is closed with 4504. */
  v: integer(1),
  user: userName(),
  token: text(256, 1),
  mode: optional(oneOf(...MODES)),
  /** Which of the user's devices this is, a name as that of a user. Each device gets every message. Default MAIN_DEVICE. */
  device: optional(userName()),
  /** In mode `chat`: whether this device wants copies of what the user sends from elsewhere. Default false. */
  copies: optional(boolean()),
  /** In mode `chat`: a device that is new to the server wants what that keeps of delivered messages. Default false. */
  history: optional(boolean()),
  /**
   * In mode `send`: which outbox this client sends from, a random name. A newer session of it ends an older one, so that what that
   * still has in flight does not get in between what is sent again (R16).
   */
  outbox: optional(text(64, 1)),
  /** The client's name and version, for the server's log. */
  agent: optional(text(128)),
  /** In mode `chat`: the newest message that the client has. It tells the server that an older copy of it was restored. */
  last: optional(object({ epoch: text(64, 1), seq: integer(1), from: userName(), id: messageId() })),
});
export type Login = FrameOf<typeof login>;
