/**
 * `replay`: an operator has messages of one mailbox pushed again now. Without `seqs`: everything undelivered. With them:
 * these delivered ones, marked as a replay, so that clients show them as such; status and cursor do not change.
 */
import { boolean, integer, list, messageId, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/** Client → server. Refused with `overloaded` while the session has not taken what was replayed before. */
export const replay = defineFrame('replay', {
  id: messageId(),
  user: userName(),
  seqs: optional(list(integer(1), QUEUE.maxMessagesPerFrame)),
  /** Names the replay; needed with `seqs`. */
  replay: optional(text(64, 1)),
});
export type Replay = FrameOf<typeof replay>;

/** Server → client. */
export const replayReply = defineFrame('replay', {
  id: messageId(),
  /** Whether the user has a session. If not, nothing was pushed. */
  online: boolean(),
});
