/** Which messages of the queues are meant. Pure. */
import type { Queue } from './queue-source.js';
import type { QueuedMessage, QueueState } from './queued-message.js';

/** All that is given has to hold. Times are ms since 1970, of storing. */
export interface QueueFilter {
  readonly status: QueueState | 'all';
  /** Any of these senders. */
  readonly from?: readonly string[] | undefined;
  /** Any of these ids. */
  readonly ids?: readonly string[] | undefined;
  /** Not earlier than this. */
  readonly since?: number | undefined;
  /** Earlier than this. */
  readonly until?: number | undefined;
  /** Found somewhere in the body. */
  readonly grep?: RegExp | undefined;
}

/** Must not be given a pattern with the flag `g` or `y`: those remember where they were. */
export function matchesFilter({ status, from, ids, since, until, grep }: QueueFilter, message: QueuedMessage): boolean {
  if (status !== 'all' && status !== message.status) return false;
  if (from && !from.includes(message.from)) return false;
  if (ids && !ids.includes(message.id)) return false;
  if (since !== undefined && message.at < since) return false;
  if (until !== undefined && message.at >= until) return false;
  return grep === undefined || grep.test(message.body);
}

/** The messages of one queue that are meant, in order, in portions; none is empty. */
export async function* select(queue: Queue, filter: QueueFilter): AsyncGenerator<QueuedMessage[]> {
  const after = filter.status === 'undelivered' ? queue.delivered : 0;
  if (after === queue.last) return;
  for await (const portion of queue.messages(after)) {
    const found = portion.filter((message) => matchesFilter(filter, message));
    if (found.length > 0) yield found;
  }
}
