/** Batches of messages that fit into a frame, and their pace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUEUE } from '../../src/protocol/limits.js';
import { AT_ONCE, asRecorded, atRate, frameBatches, type Pace } from '../../src/queue-admin/frame-batches.js';

interface Item {
  readonly at: number;
  readonly size?: number;
}

async function* chunksOf(...chunks: readonly (readonly Item[])[]): AsyncGenerator<readonly Item[]> {
  yield* chunks;
}

/** The batches, each with the time at which it was yielded. */
async function run(chunks: AsyncIterable<readonly Item[]>, pace: Pace = AT_ONCE, stopAfter = Number.POSITIVE_INFINITY) {
  let now = 0;
  const ports = {
    elapsed: () => now,
    sleep: async (ms: number) => {
      now += ms;
      return now < stopAfter;
    },
  };
  const batches: [number, number[]][] = [];
  for await (const batch of frameBatches(chunks, pace, ({ size = 1 }) => size, ports)) {
    batches.push([now, batch.map(({ at }) => at)]);
  }
  return batches;
}

const items = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ at: index }));

test('a batch has as many messages and bytes as fit into a frame, in order', async () => {
  const count = 2 * QUEUE.maxMessagesPerFrame + 88;
  const byCount = await run(chunksOf(items(count)));
  assert.deepEqual(
    byCount.map(([, batch]) => batch.length),
    [QUEUE.maxMessagesPerFrame, QUEUE.maxMessagesPerFrame, 88],
  );
  assert.deepEqual(
    byCount.flatMap(([, batch]) => batch),
    items(count).map(({ at }) => at),
  );
  const large = Math.ceil(QUEUE.maxBytesPerFrame * 0.6);
  const byBytes = await run(
    chunksOf([{ at: 1, size: large }, { at: 2, size: large }, { at: 3 }, { at: 4, size: 9 * large }]),
  );
  assert.deepEqual(
    byBytes.map(([, batch]) => batch),
    [[1], [2, 3], [4]],
  );
});

test('a chunk is not held back to fill a batch with the next one', async () => {
  const batches = await run(chunksOf([{ at: 1 }], [], [{ at: 2 }, { at: 3 }]));
  assert.deepEqual(
    batches.map(([, batch]) => batch),
    [[1], [2, 3]],
  );
  assert.deepEqual(await run(chunksOf()), []);
});

test('a rate spreads messages evenly', async () => {
  assert.deepEqual(await run(chunksOf(items(4)), atRate(50)), [
    [0, [0]],
    [20, [1]],
    [40, [2]],
    [60, [3]],
  ]);
});

test('original timing keeps the pauses, divided by the speed; a step back in time is no pause', async () => {
  const recorded = [1_000, 1_000, 3_000, 2_500, 2_600].map((at) => ({ at }));
  assert.deepEqual(await run(chunksOf(recorded), asRecorded(10)), [
    [0, [1_000, 1_000]],
    [200, [3_000, 2_500]],
    [210, [2_600]],
  ]);
});

test('a stop while waiting ends the batches', async () => {
  assert.deepEqual(await run(chunksOf(items(9)), atRate(1), 2_000), [
    [0, [0]],
    [1_000, [1]],
  ]);
});
