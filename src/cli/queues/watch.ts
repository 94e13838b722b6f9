/**
 * `im inspect-queue --watch`: looks at the queues again and again, until it is asked to end. That nobody reads any more is
 * noticed, as everywhere, when there is something to write.
 */
import type { Clock } from '../../io/clock.js';
import type { QueueFilter } from '../../queue-admin/filter.js';
import type { UnreadableQueue, WithQueues } from '../../queue-admin/queue-source.js';
import type { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import type { WatchView } from './watch-views.js';

interface WatchPorts {
  readonly lend: WithQueues;
  /** What is meant, at this time. */
  readonly filterAt: (now: number) => QueueFilter;
  readonly view: WatchView;
  readonly everyMs: number;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly stop: Cancellation;
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** Not more often, whatever is asked for. */
const MIN_INTERVAL_MS = 100;

/**
 * Returns how it ended. @throws Failure as a single look does; but a server that cannot be reached is waited for, once it
 * has been.
 */
export async function watch(ports: WatchPorts): Promise<Exit> {
  const { view, clock, stop } = ports;
  for (let looks = 0; ; ) {
    const due = clock.monotonic() + Math.max(ports.everyMs, MIN_INTERVAL_MS);
    try {
      await look(ports);
      looks++;
      view.trouble(undefined);
    } catch (error) {
      if (looks === 0 || !(error instanceof Failure && error.exit === 'not-stored')) throw error;
      view.trouble(error.message);
    }
    await stop.sleep(Math.max(0, due - clock.monotonic()));
    if (stop.exit) return stop.exit;
  }
}

function look({ lend, filterAt, view, clock, unreadable }: WatchPorts): Promise<void> {
  const now = clock.now();
  return lend((source) => view.show({ source, filter: filterAt(now), unreadable }, now));
}
