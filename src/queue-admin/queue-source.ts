/** The port to queues, which are read from a data folder or from a server. */
import type { Audit } from '../store/store.js';
import type { QueuedMessage } from './queued-message.js';

/** One mailbox at one moment. */
export interface Queue {
  readonly user: string;
  /** The cursor: everything up to here is delivered. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
  /** When a session of the user last acked something, or ended with unacked messages, ms since 1970; 0 if never. */
  readonly seenAt: number;
  /** The kept messages with a seq above `after`, in order, in chunks. */
  messages(after: number): AsyncIterable<readonly QueuedMessage[]> | Iterable<readonly QueuedMessage[]>;
}

/** A mailbox that cannot be read; the others can. */
export interface UnreadableQueue {
  readonly user: string;
  readonly fault: Error;
}

export interface QueueSource {
  /** Sorted by user. Call it once per source. */
  queues(): AsyncIterable<Queue | UnreadableQueue>;
  /** The audit entries, oldest first. */
  audits(): Promise<readonly Audit[]>;
  close(): Promise<void>;
}

/** Runs `work` and closes the source. */
export async function withQueueSource<T>(source: QueueSource, work: (source: QueueSource) => Promise<T>): Promise<T> {
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

/** Opens the queues, as they are at that moment, runs `work` on them and closes them. */
export type WithQueues = <T>(work: (source: QueueSource) => Promise<T>) => Promise<T>;
