/**
 * `purge`: an operator deletes undelivered messages. Their bodies are gone; their seqs and ids stay, so that seqs have no
 * holes and a resend is known (R8). Their senders are told with `error` `purged`.
 */
import { integer, list, messageId, oneOf, userName } from '../field-types.js';
import { defineFrame, type FrameOf } from '../frame.js';
import { QUEUE } from '../limits.js';

/**
 * What became of one message. `delivered`: too late, nothing was done. `full`: as many purged ones wait for the user to come
 * as messages may.
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

/** Server → client, when it is on disk. */
export const purgeReply = defineFrame('purge', {
  id: messageId(),
  /** One for each seq, in their order. */
  outcomes: list(oneOf(...PURGE_OUTCOMES), QUEUE.maxMessagesPerFrame),
});
