/** `account`: an operator lists and changes users and their tokens; the server answers with the users concerned. */
import { integer, list, messageId, object, oneOf, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

export const ROLES = ['user', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const ACCOUNT_ACTIONS = ['add', 'list', 'remove', 'rotate', 'add-token', 'list-tokens', 'revoke-token'] as const;
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number];

/** Client → server. */
export const account = defineFrame('account', {
  /** Chosen by the client; returned in the answer or the `error`. */
  id: messageId(),
  action: oneOf(...ACCOUNT_ACTIONS),
  /** Which users; required except for `list`. One user for the actions on tokens. */
  users: optional(list(userName(), WIRE.maxUsersPerFrame)),
  /** For `add`: the role of the new users. Default `user`. */
  role: optional(oneOf(...ROLES)),
  /** For `add-token` and `revoke-token`: the name of the token. Required there. */
  name: optional(userName()),
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
      /** Only in the answer to `add`, `rotate` and `add-token`: shown once, and stored nowhere. */
      token: optional(text(256, 1)),
      /** Only in the answer to `list-tokens`, in the order in which they were made. */
      tokens: optional(
        list(
          object({
            name: userName(),
            /** When it was made, and when it was last used to log in (missing: never), ms since 1970. */
            at: integer(0),
            usedAt: optional(integer(0)),
          }),
          WIRE.maxTokensPerUser,
          0,
        ),
      ),
      /** Only in the answer to `remove`: how many undelivered messages went with the mailbox. */
      undelivered: optional(integer(0)),
    }),
    WIRE.maxUsersPerFrame,
    0,
  ),
});
export type AccountReply = FrameOf<typeof accountReply>;
