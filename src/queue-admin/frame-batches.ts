/** Groups messages into batches that fit into a frame, in order, at a pace: when each is due. */
import { QUEUE } from '../protocol/limits.js';

export interface BatchPorts {
  /** ms since the start. */
  elapsed(): number;
  /** Resolves with true after so many ms, or earlier with false to stop. */
  sleep(ms: number): Promise<boolean>;
}

/**
 * Yields batches, none of them empty. A batch is only built when the consumer asks for it: one that awaits each answer
 * keeps the order (R16). A chunk is never held back to fill a batch with the next one.
 * @param sizeOf bytes of an item in a frame.
 */
export async function* frameBatches<T extends { readonly at: number }>(
  chunks: AsyncIterable<readonly T[]>,
  pace: Pace,
  sizeOf: (item: T) => number,
  { elapsed, sleep }: BatchPorts,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  let index = 0;
  for await (const chunk of chunks) {
    for (const item of chunk) {
      const wait = pace(index++, item) - elapsed();
      const size = sizeOf(item);
      const isFull = batch.length === QUEUE.maxMessagesPerFrame || bytes + size > QUEUE.maxBytesPerFrame;
      if (batch.length > 0 && (isFull || wait > 0)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      if (wait > 0 && !(await sleep(wait))) return;
      batch.push(item);
      bytes += size;
    }
    if (batch.length > 0) yield batch;
    batch = [];
    bytes = 0;
  }
}

/** ms after the start at which the item with this index (from 0) is due. */
export type Pace = (index: number, item: { readonly at: number }) => number;

export const AT_ONCE: Pace = () => 0;

/** So many items per second. */
export const atRate =
  (perSecond: number): Pace =>
  (index) =>
    (index * 1000) / perSecond;

/** With the original pauses between the items, divided by `speed`. A step back in time is no pause. */
export function asRecorded(speed: number): Pace {
  let before: number | undefined;
  let due = 0;
  return (_, { at }) => {
    due += Math.max(0, at - (before ?? at)) / speed;
    before = at;
    return due;
  };
}
