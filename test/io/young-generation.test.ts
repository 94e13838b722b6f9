/** The young generation of the heap stays within its bound, also when everything survives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEAP } from '../../src/io/limits.js';
import { boundYoungGeneration, youngBytes } from '../../src/io/young-generation.js';

/** V8 counts its pages a little larger on some versions. */
const PAST = 1.25 * HEAP.youngBytes;

/** Allocates in many turns of the event loop what survives two collections. Resolves with the largest size of the young generation. */
async function allocate(turns: number): Promise<number> {
  const kept: object[][] = [];
  let largest = 0;
  for (let turn = 0; turn < turns; turn++) {
    kept[turn % 64] = Array.from({ length: 4_000 }, (_, index) => ({ turn, text: `${turn} ${index}` }));
    await new Promise((resolve) => setImmediate(resolve));
    largest = Math.max(largest, youngBytes());
  }
  return largest;
}

test('the young generation grows to its bound and no further, and further when nothing bounds it any more', async () => {
  const end = boundYoungGeneration();
  try {
    const largest = await allocate(400);
    assert.ok(largest >= HEAP.youngBytes / 2, `it may grow: ${largest}`);
    assert.ok(largest < PAST, `it is bounded: ${largest}`);
  } finally {
    end();
  }
  assert.ok((await allocate(400)) > PAST);
});
