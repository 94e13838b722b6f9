/** A message in a queue, with all that is known of it: what is listed, exported, and put back. */
import type { ReadMessage } from '../store/store.js';

export const QUEUE_STATES = ['undelivered', 'delivered', 'purged'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

export interface QueuedMessage extends ReadMessage {
  /** The target: whose mailbox it is in. */
  readonly to: string;
  /** Status 0 or 1, as a word; or that an operator deleted it before it was 1. */
  readonly status: QueueState;
}

/** A message of `to`'s mailbox, whose cursor is `delivered`. */
export const queuedMessage = (to: string, delivered: number, message: ReadMessage): QueuedMessage => ({
  to,
  status: statusOf(delivered, message),
  ...message,
});

function statusOf(delivered: number, { seq, purgedAt }: Pick<ReadMessage, 'seq' | 'purgedAt'>): QueueState {
  if (purgedAt !== undefined) return 'purged';
  return seq > delivered ? 'undelivered' : 'delivered';
}
