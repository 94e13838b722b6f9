/** A message in a queue, as it is listed, exported and restored. */
import type { ReadMessage } from '../store/store.js';

export const QUEUE_STATES = ['undelivered', 'delivered', 'purged'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

export interface QueuedMessage extends ReadMessage {
  /** The target: whose mailbox it is in. */
  readonly to: string;
  /** Status 0, status 1, or purged by an operator before it was delivered. */
  readonly status: QueueState;
}

/** @param to whose mailbox. @param delivered its cursor. */
export const queuedMessage = (to: string, delivered: number, message: ReadMessage): QueuedMessage => ({
  to,
  status: statusOf(delivered, message),
  ...message,
});

function statusOf(delivered: number, { seq, purgedAt }: Pick<ReadMessage, 'seq' | 'purgedAt'>): QueueState {
  if (purgedAt !== undefined) return 'purged';
  return seq > delivered ? 'undelivered' : 'delivered';
}
