/** The port to queues: a data folder, or a server elsewhere. What is made of them is the same. */
import type { Audit } from '../store/store.js';
import type { QueuedMessage } from './queued-message.js';

/** One mailbox, as it was at one moment. */
export interface Queue {
  readonly user: string;
  /** The cursor: everything up to here is delivered. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
  /** When a session of its user last acked something, or ended without an ack of what was pushed; 0 if never. */
  readonly seenAt: number;
  /** The messages with a seq above `after` that are there, in order, in portions. */
  messages(after: number): AsyncIterable<readonly QueuedMessage[]> | Iterable<readonly QueuedMessage[]>;
}

/** A mailbox that cannot be read; all others can. */
export interface UnreadableQueue {
  readonly user: string;
  readonly fault: Error;
}

export interface QueueSource {
  /** In the order of their users. Once for each source. */
  queues(): AsyncIterable<Queue | UnreadableQueue>;
  /** What operators did, oldest first. */
  audits(): Promise<readonly Audit[]>;
  close(): Promise<void>;
}

/** Runs `work`, and lets go of the source. */
export async function withQueueSource<T>(source: QueueSource, work: (source: QueueSource) => Promise<T>): Promise<T> {
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

/** Runs work on the queues as they are at that moment. */
export type WithQueues = <T>(work: (source: QueueSource) => Promise<T>) => Promise<T>;
