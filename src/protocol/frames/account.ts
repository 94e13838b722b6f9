/** `account`: an operator lists, adds, removes or rotates users; the server answers with the users concerned. */
import { integer, list, messageId, object, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

export const ROLES = ['user', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const ACCOUNT_ACTIONS = ['add', 'list', 'remove', 'rotate'] as const;
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number];

/** Client → server. */
export const account = defineFrame('account', {
  /** Chosen by the client; returned in the answer or the `error`. */
  id: messageId(),
  action: oneOf(...ACCOUNT_ACTIONS),
  /** Which users; required except for `list`. */
  users: optional(list(userName(), WIRE.maxUsersPerFrame)),
  /** For `add`: the role of the new users. Default `user`. */
  role: optional(oneOf(...ROLES)),
  /** For `list`: only names after this one, so that a client can read page by page. */
  after: optional(userName()),
});
export type Account = FrameOf<typeof account>;

/** Server → client. */
export const accountReply = defineFrame('account', {
  id: messageId(),
  users: list(
    object({
      user: userName(),
      role: oneOf(...ROLES),
      /** When the user was added, ms since 1970. */
      at: integer(0),
      /** Only in the answer to `add` and `rotate`: shown once, and stored nowhere. */
      token: optional(text(256, 1)),
      /** Only in the answer to `remove`: how many undelivered messages went with the mailbox. */
      undelivered: optional(integer(0)),
    }),
    WIRE.maxUsersPerFrame,
    0,
  ),
});
export type AccountReply = FrameOf<typeof accountReply>;
