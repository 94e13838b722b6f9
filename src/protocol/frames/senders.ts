/** `senders`: who may write to a user. Users keep their own list of blocked names; an operator also says who may write at all. */
import { list, messageId, oneOf, optional, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

/** `allow` and `lift` are for operators. */
const SENDERS_ACTIONS = ['list', 'block', 'unblock', 'allow', 'lift'] as const;
export type SendersAction = (typeof SENDERS_ACTIONS)[number];

const names = () => list(userName(), WIRE.maxSendersPerFrame, 0);

/** Client → server. */
export const senders = defineFrame('senders', {
  id: messageId(),
  /** To whom; default: to the session's user. To others only in mode `operate`. */
  user: optional(userName()),
  /** `block` and `unblock` change who is blocked. `allow`: only these may write, perhaps nobody. `lift`: everybody may again. */
  action: oneOf(...SENDERS_ACTIONS),
  /** Which users; required except for `list` and `lift`. */
  names: optional(names()),
});
export type SendersRequest = FrameOf<typeof senders>;

/** Server → client: who may write to the user now. */
export const sendersReply = defineFrame('senders', {
  id: messageId(),
  /** By name. */
  blocked: names(),
  /** By name; not set: everybody who is not blocked. */
  allowed: optional(names()),
});
export type SendersReply = FrameOf<typeof sendersReply>;
