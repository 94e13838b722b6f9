/** Totals of queues. Pure. */
import type { Presence, QueueDevice, QueuedMessage } from './queue-source.js';

export interface Totals {
  readonly count: number;
  /** Of the bodies, in UTF-8. */
  readonly bytes: number;
  /** When the oldest was stored, ms since 1970; undefined if there is none. */
  readonly oldestAt: number | undefined;
  /** The highest number of attempts. */
  readonly attempts: number;
}

/** The totals of one message. */
export function totalsOf({ bytes, at, attempts }: Pick<QueuedMessage, 'bytes' | 'at' | 'attempts'>): Totals {
  return { count: 1, bytes, oldestAt: at, attempts };
}

/** Totals that are counted up. */
export class TotalsCounter implements Totals {
  count = 0;
  bytes = 0;
  oldestAt: number | undefined;
  attempts = 0;

  add({ count, bytes, oldestAt, attempts }: Totals): void {
    this.count += count;
    this.bytes += bytes;
    this.attempts = Math.max(this.attempts, attempts);
    if (oldestAt !== undefined) this.oldestAt = Math.min(this.oldestAt ?? oldestAt, oldestAt);
  }
}

export function totalOf(all: readonly Totals[]): TotalsCounter {
  const total = new TotalsCounter();
  for (const totals of all) total.add(totals);
  return total;
}

/** The totals of one mailbox. */
export interface QueueSummary extends Totals, Partial<Presence> {
  readonly user: string;
  /** As `Queue.devices`. */
  readonly devices: readonly QueueDevice[];
}
