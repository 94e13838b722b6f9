/**
 * `unsend`: a sender deletes own messages that are undelivered, as far as it is certain that no session of the recipient has been
 * pushed them. Their bodies are gone; their seqs and ids stay, as after `purge`. All sessions of the sender get an `error` `unsent`.
 */
import { list, messageId, oneOf, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { WIRE } from '../limits.js';

/**
 * The result for one message. `unsent`: now or before. Too late, and nothing was changed: `pushed`, it may have been shown, though it is
 * not acked; `delivered`; `purged`, by an operator. `unknown`: the sender has sent no such message. `full`: the mailbox holds as many
 * purged messages as it may hold undelivered ones.
 */
const UNSEND_OUTCOMES = ['unsent', 'pushed', 'delivered', 'purged', 'unknown', 'full'] as const;
export type UnsendOutcome = (typeof UNSEND_OUTCOMES)[number];

/** Client → server. */
export const unsend = defineFrame('unsend', {
  /** Chosen by the client; returned in the answer or the `error`. */
  id: messageId(),
  to: userName(),
  ids: list(messageId(), WIRE.maxIdsPerFrame),
});
export type Unsend = FrameOf<typeof unsend>;

/** Server → client, when the change is on disk. */
export const unsendReply = defineFrame('unsend', {
  id: messageId(),
  /** One for each id, in the same order. */
  outcomes: list(oneOf(...UNSEND_OUTCOMES), WIRE.maxIdsPerFrame),
});
export type UnsendReply = FrameOf<typeof unsendReply>;
