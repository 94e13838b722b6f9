/** `im inspect-queue --watch`: reads the queues at an interval until a signal, or until a write to stdout fails. */
import type { Clock } from '../../io/clock.js';
import type { QueueFilter } from '../../queue-admin/filter.js';
import type { UnreadableQueue } from '../../queue-admin/queue-source.js';
import type { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { WATCH } from './queue-limits.js';
import type { WithQueues } from './queue-reader.js';
import type { WatchView } from './watch-views.js';

interface WatchOptions {
  readonly withQueues: WithQueues;
  /** The filter at this time: ages are relative to it. */
  readonly filterAt: (now: number) => QueueFilter;
  readonly view: WatchView;
  readonly everyMs: number;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly cancellation: Cancellation;
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/**
 * Resolves with how it was ended.
 * @throws Failure of the first read; later only if it is not `not-stored`: a server that was reached once is waited for.
 */
export async function watch(options: WatchOptions): Promise<Exit> {
  const { withQueues, filterAt, view, everyMs, clock, cancellation, unreadable } = options;
  for (let isFirst = true; ; isFirst = false) {
    const due = clock.monotonic() + Math.max(everyMs, WATCH.minIntervalMs);
    try {
      const now = clock.now();
      await withQueues((source) => view.show({ source, filter: filterAt(now), unreadable }, now));
      view.setProblem(undefined);
    } catch (error) {
      if (isFirst || !(error instanceof Failure && error.exit === 'not-stored')) throw error;
      view.setProblem(error.message);
    }
    await cancellation.sleep(Math.max(0, due - clock.monotonic()));
    if (cancellation.exit) return cancellation.exit;
  }
}
