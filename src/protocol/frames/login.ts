/** `login`: the client says who it is (R3 to R6). The only frame that has an effect before login (R1). */
import { integer, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';

/**
 * - `chat` becomes the user's session: it gets the pushes and ends an older one (R6).
 * - `send` only sends: it gets no pushes and ends nobody's session. For scripts and cron.
 * - `operate` is for operators: no mailbox, but `account`, `queue` and `replay`.
 */
const MODES = ['chat', 'send', 'operate'] as const;
export type Mode = (typeof MODES)[number];

export const login = defineFrame('login', {
  /** The protocol's version. Another one than 1 is closed with 4504. */
  v: integer(1),
  user: userName(),
  token: text(256, 1),
  mode: optional(oneOf(...MODES)),
  /** The client's name and version, for the log. */
  agent: optional(text(128)),
});
export type Login = FrameOf<typeof login>;
