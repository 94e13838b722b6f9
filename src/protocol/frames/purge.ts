/**
 * `purge`: an operator deletes undelivered messages. Their bodies are gone; their seqs and ids stay, so that seqs have no
 * gaps and a resend is recognized (R8). Their senders get an `error` `purged`.
 */
import { integer, list, messageId, oneOf, userName } from '../fields.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/**
 * The result for one message. `purged`: now or before. `delivered`: too late, nothing was changed. `unknown`: there is no
 * such message. `full`: the mailbox already holds as many purged messages as it may hold undelivered ones.
 */
const PURGE_OUTCOMES = ['purged', 'delivered', 'unknown', 'full'] as const;
export type PurgeOutcome = (typeof PURGE_OUTCOMES)[number];

/** Client → server. */
export const purge = defineFrame('purge', {
  id: messageId(),
  user: userName(),
  seqs: list(integer(1), QUEUE.maxMessagesPerFrame),
});
export type Purge = FrameOf<typeof purge>;

/** Server → client, when the change is on disk. */
export const purgeReply = defineFrame('purge', {
  id: messageId(),
  /** One for each seq, in the same order. */
  outcomes: list(oneOf(...PURGE_OUTCOMES), QUEUE.maxMessagesPerFrame),
});
