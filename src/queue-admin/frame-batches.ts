/** Items in batches that a frame can hold, in order, and no faster than they are due. */
import { QUEUE } from '../protocol/limits.js';
import type { Pace } from './replay-pace.js';

export interface BatchPorts {
  /** ms since the beginning. */
  elapsed(): number;
  /** Resolves after so many ms, or earlier with false: then nothing more is to be done. */
  sleep(ms: number): Promise<boolean>;
}

/**
 * None is empty. The next one is made when it is asked for, so that whoever waits for each answer lets no batch overtake
 * another (R16). What has come is not held back for what has not.
 * @param sizeOf bytes that an item takes in a frame.
 */
export async function* frameBatches<T extends { readonly at: number }>(
  portions: AsyncIterable<readonly T[]>,
  pace: Pace,
  sizeOf: (item: T) => number,
  { elapsed, sleep }: BatchPorts,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  let index = 0;
  for await (const portion of portions) {
    for (const item of portion) {
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
