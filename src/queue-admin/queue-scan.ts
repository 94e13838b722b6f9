/** Goes through all queues of a source: every message that is meant, or the numbers. */
import { type QueueFilter, select } from './filter.js';
import type { Queue, QueueSource, UnreadableQueue } from './queue-source.js';
import type { QueuedMessage } from './queued-message.js';
import { byOldest, type QueueSummary, TotalsCounter } from './summary.js';

export interface QueueScan {
  readonly source: QueueSource;
  readonly filter: QueueFilter;
  /** Told of each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** The messages, by mailbox and seq, in portions that are not empty. At most `limit`. */
export async function* messagesOf(
  survey: QueueScan,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<QueuedMessage[]> {
  let left = limit;
  for await (const queue of queuesOf(survey)) {
    for await (const portion of select(queue, survey.filter)) {
      yield portion.slice(0, left);
      left -= portion.length;
      if (left <= 0) return;
    }
  }
}

/** The mailboxes with such messages in numbers, the longest waiting first. */
export async function summariesOf(survey: QueueScan): Promise<QueueSummary[]> {
  const summaries: QueueSummary[] = [];
  for await (const queue of queuesOf(survey)) {
    const tally = new TotalsCounter();
    for await (const portion of select(queue, survey.filter)) for (const message of portion) tally.add(message);
    const { user, seenAt } = queue;
    if (tally.count > 0) summaries.push({ user, ...tally, oldestAt: tally.oldestAt, seenAt });
  }
  return summaries.sort(byOldest);
}

async function* queuesOf({ source, unreadable }: QueueScan): AsyncGenerator<Queue> {
  for await (const queue of source.queues()) {
    if ('fault' in queue) unreadable(queue);
    else yield queue;
  }
}
