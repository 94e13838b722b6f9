import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameBatches } from '../../src/queue-admin/frame-batches.js';
import { AT_ONCE, asRecorded, atRate, type Pace } from '../../src/queue-admin/replay-pace.js';

interface Item {
  readonly at: number;
  readonly size?: number;
}

async function* portionsOf(...portions: readonly (readonly Item[])[]): AsyncGenerator<readonly Item[]> {
  yield* portions;
}

/** The batches with the time at which each was made. */
async function run(
  portions: AsyncIterable<readonly Item[]>,
  pace: Pace = AT_ONCE,
  stopAfter = Number.POSITIVE_INFINITY,
) {
  let now = 0;
  const ports = {
    elapsed: () => now,
    sleep: async (ms: number) => {
      now += ms;
      return now < stopAfter;
    },
  };
  const made: [number, number[]][] = [];
  for await (const batch of frameBatches(portions, pace, ({ size = 1 }) => size, ports)) {
    made.push([now, batch.map(({ at }) => at)]);
  }
  return made;
}

const items = (count: number): Item[] => Array.from({ length: count }, (_, index) => ({ at: index }));

test('a batch holds what a frame can hold, by count and by bytes, and keeps the order', async () => {
  const byCount = await run(portionsOf(items(600)));
  assert.deepEqual(
    byCount.map(([, batch]) => batch.length),
    [256, 256, 88],
  );
  assert.deepEqual(
    byCount.flatMap(([, batch]) => batch),
    items(600).map(({ at }) => at),
  );
  const large = 100 * 1024;
  const byBytes = await run(
    portionsOf([{ at: 1, size: large }, { at: 2, size: large }, { at: 3 }, { at: 4, size: 9 * large }]),
  );
  assert.deepEqual(
    byBytes.map(([, batch]) => batch),
    [[1], [2, 3], [4]],
  );
});

test('what has come is not held back for what has not', async () => {
  const made = await run(portionsOf([{ at: 1 }], [], [{ at: 2 }, { at: 3 }]));
  assert.deepEqual(
    made.map(([, batch]) => batch),
    [[1], [2, 3]],
  );
  assert.deepEqual(await run(portionsOf()), []);
});

test('a rate spreads them evenly', async () => {
  assert.deepEqual(await run(portionsOf(items(4)), atRate(50)), [
    [0, [0]],
    [20, [1]],
    [40, [2]],
    [60, [3]],
  ]);
});

test('original timing keeps the pauses, faster by the speed; a step back in time is no pause', async () => {
  const recorded = [1_000, 1_000, 3_000, 2_500, 2_600].map((at) => ({ at }));
  assert.deepEqual(await run(portionsOf(recorded), asRecorded(10)), [
    [0, [1_000, 1_000]],
    [200, [3_000, 2_500]],
    [210, [2_600]],
  ]);
});

test('whoever is stopped while waiting begins nothing more', async () => {
  assert.deepEqual(await run(portionsOf(items(9)), atRate(1), 2_000), [
    [0, [0]],
    [1_000, [1]],
  ]);
});
