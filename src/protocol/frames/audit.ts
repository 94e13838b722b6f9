/** `audit`: an operator records what a command did to queues, one entry a run, or asks for the recorded entries. */
import { integer, list, messageId, object, oneOf, optional, text, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

const ACTIONS = ['replay', 'restore', 'purge'] as const;

const ENTRY = {
  /** The id of the run. */
  run: text(64, 1),
  what: oneOf(...ACTIONS),
  /** Whose mailbox; absent when the run may touch several. */
  user: optional(userName()),
  /** Which messages the operator selected: the flags of the command. */
  filter: text(QUEUE.maxAuditedFilter),
  /** How many messages were changed, and how many were left as they were; a known one that is restored again is neither. */
  done: integer(0),
  left: integer(0),
  /** The seqs that were changed, as ranges: first, last, first, last … Up to QUEUE.maxAuditRanges of them. */
  ranges: optional(list(integer(1), QUEUE.maxAuditRanges * 2)),
};

/** Client → server. Without `entry` it only asks. */
export const audit = defineFrame('audit', { id: messageId(), entry: optional(object(ENTRY)) });
export type Audit = FrameOf<typeof audit>;

/** Server → client: the newest entries, oldest first; or the one just recorded, when it is on disk. */
export const auditReply = defineFrame('audit', {
  id: messageId(),
  entries: list(object({ ...ENTRY, by: userName(), at: integer(0) }), QUEUE.maxAuditsPerFrame, 0),
});
export type AuditReply = FrameOf<typeof auditReply>;
