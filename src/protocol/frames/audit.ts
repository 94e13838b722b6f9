/** `audit`: an operator writes down what was done to queues, once a run, or asks for what was written down. */
import { integer, list, messageId, object, oneOf, optional, text, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

const RUNS = ['replay', 'restore', 'purge'] as const;

const RUN = {
  /** Names the run. */
  run: text(64, 1),
  what: oneOf(...RUNS),
  /** Whose mailbox; not there when there may be several. */
  user: optional(userName()),
  /** Which messages were meant, as it was asked for. */
  filter: text(QUEUE.maxAuditedFilter),
  /** How many it was done to, and how many it was not done to. */
  done: integer(0),
  left: integer(0),
  /** The seqs it was done to, as far as there is room: the first and the last of each run of them, by turns. */
  ranges: optional(list(integer(1), QUEUE.maxAuditRanges * 2)),
};

/** Client → server. Without `entry` nothing is written. */
export const audit = defineFrame('audit', { id: messageId(), entry: optional(object(RUN)) });
export type Audit = FrameOf<typeof audit>;

/** Server → client: the newest, oldest first; or the one that was written, which is on disk. */
export const auditReply = defineFrame('audit', {
  id: messageId(),
  entries: list(object({ ...RUN, by: userName(), at: integer(0) }), QUEUE.maxAuditsPerFrame, 0),
});
export type AuditReply = FrameOf<typeof auditReply>;
