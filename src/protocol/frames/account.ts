/** `account`: an operator asks for, or changes, who may log in; the server answers with what is then so. */
import { integer, list, messageId, object, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';

export const ROLES = ['user', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const ACCOUNT_ACTIONS = ['add', 'list', 'remove', 'rotate'] as const;
export type AccountAction = (typeof ACCOUNT_ACTIONS)[number];

const MAX_USERS_PER_FRAME = 1_000;

/** Client → server. */
export const account = defineFrame('account', {
  /** Made by the client; comes back in the answer, or in the `error` that refuses. */
  id: messageId(),
  action: oneOf(...ACCOUNT_ACTIONS),
  /** Whom; not needed for `list`. */
  users: optional(list(userName(), MAX_USERS_PER_FRAME)),
  /** For `add`: the role of the new users. Default `user`. */
  role: optional(oneOf(...ROLES)),
  /** For `list`: only names after this one, so that any number can be listed in pages. */
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
      /** When it was added, ms since 1970. */
      at: integer(0),
      /** Only in the answer to `add` and `rotate`; shown once, kept nowhere. */
      token: optional(text(256, 1)),
    }),
    MAX_USERS_PER_FRAME,
    0,
  ),
});
export type AccountReply = FrameOf<typeof accountReply>;
