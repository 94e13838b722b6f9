/**
 * `replay`: an operator has messages of one mailbox pushed again. Without `seqs`: everything undelivered. With `seqs`: these
 * delivered messages, marked as a replay, so that clients show them as such. Status and cursor do not change.
 */
import { boolean, integer, list, messageId, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/** Client → server. Refused with `overloaded` while too many replayed messages wait for the session. */
export const replay = defineFrame('replay', {
  id: messageId(),
  user: userName(),
  seqs: optional(list(integer(1), QUEUE.maxMessagesPerFrame)),
  /** The id of the replay; required with `seqs`. */
  replay: optional(text(64, 1)),
});
export type Replay = FrameOf<typeof replay>;

/** Server → client. */
export const replayReply = defineFrame('replay', {
  id: messageId(),
  /** Whether the user has a session. If not, nothing was pushed. */
  online: boolean(),
});
