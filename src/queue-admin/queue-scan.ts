/** Goes through all queues of a source: yields the matching messages, or counts them. */
import { type QueueFilter, select } from './filter.js';
import type { Queue, QueueSource, UnreadableQueue } from './queue-source.js';
import type { QueuedMessage } from './queued-message.js';
import { byOldest, type QueueSummary, TotalsCounter } from './summary.js';

export interface QueueScan {
  readonly source: QueueSource;
  readonly filter: QueueFilter;
  /** Called for each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** The matching messages, by mailbox and seq, in batches that are not empty. At most `limit`. */
export async function* messagesOf(scan: QueueScan, limit = Number.POSITIVE_INFINITY): AsyncGenerator<QueuedMessage[]> {
  let left = limit;
  for await (const queue of queuesOf(scan)) {
    for await (const batch of select(queue, scan.filter)) {
      yield batch.slice(0, left);
      left -= batch.length;
      if (left <= 0) return;
    }
  }
}

/** The mailboxes with matching messages, in numbers, the longest waiting first. */
export async function summariesOf(scan: QueueScan): Promise<QueueSummary[]> {
  const summaries: QueueSummary[] = [];
  for await (const queue of queuesOf(scan)) {
    const totals = new TotalsCounter();
    for await (const batch of select(queue, scan.filter)) for (const message of batch) totals.add(message);
    const { user, seenAt } = queue;
    if (totals.count > 0) summaries.push({ user, ...totals, oldestAt: totals.oldestAt, seenAt });
  }
  return summaries.sort(byOldest);
}

async function* queuesOf({ source, unreadable }: QueueScan): AsyncGenerator<Queue> {
  for await (const queue of source.queues()) {
    if ('fault' in queue) unreadable(queue);
    else yield queue;
  }
}
