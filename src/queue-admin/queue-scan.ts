/** Scans all queues of a source: for the matching messages, or for a summary of each queue. */
import { matchesFilter, type QueueFilter } from './filter.js';
import type { Queue, QueuedMessage, QueueSource, UnreadableQueue } from './queue-source.js';
import { type QueueSummary, TotalsCounter, totalsOf } from './summary.js';

export interface QueueScan {
  readonly source: QueueSource;
  readonly filter: QueueFilter;
  /** Called for each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** The matching messages by mailbox and seq, at most `limit`, in chunks that are not empty. */
export async function* messagesOf(scan: QueueScan, limit = Number.POSITIVE_INFINITY): AsyncGenerator<QueuedMessage[]> {
  let left = limit;
  for await (const queue of readableQueues(scan)) {
    for await (const messages of matchingMessages(queue, scan.filter)) {
      yield messages.slice(0, left);
      left -= messages.length;
      if (left <= 0) return;
    }
  }
}

/** A summary of each mailbox with matching messages, the longest waiting first. */
export async function summariesOf(scan: QueueScan): Promise<QueueSummary[]> {
  const summaries: QueueSummary[] = [];
  for await (const queue of readableQueues(scan)) {
    const totals = new TotalsCounter();
    for await (const messages of matchingMessages(queue, scan.filter))
      for (const one of messages) totals.add(totalsOf(one));
    const { user, presence } = queue;
    if (totals.count > 0)
      summaries.push({ user, ...totals, oldestAt: totals.oldestAt, ...presence, devices: queue.devices() });
  }
  return summaries.sort((a, b) => (a.oldestAt ?? 0) - (b.oldestAt ?? 0));
}

async function* readableQueues({ source, unreadable }: QueueScan): AsyncGenerator<Queue> {
  for await (const queue of source.queues()) {
    if ('fault' in queue) unreadable(queue);
    else yield queue;
  }
}

/** The matching messages of one queue, in order, in chunks that are not empty. */
async function* matchingMessages(queue: Queue, filter: QueueFilter): AsyncGenerator<QueuedMessage[]> {
  const after = filter.status === 'undelivered' ? queue.delivered : 0;
  if (after === queue.last) return;
  for await (const messages of queue.messages(after)) {
    const matching = messages.filter((message) => matchesFilter(filter, message));
    if (matching.length > 0) yield matching;
  }
}
