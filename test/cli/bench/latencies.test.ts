/** Latencies: percentiles and bars. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Latencies } from '../../../src/cli/bench/latencies.js';

const of = (...times: readonly number[]): Latencies => {
  const latencies = new Latencies();
  for (const ms of times) latencies.record(ms);
  return latencies;
};

test('nothing recorded: no summary and no bars', () => {
  assert.equal(of().summary(), undefined);
  assert.deepEqual(of().bars(), []);
});

test('percentiles are within 1 % of those of the sorted times', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (times) => {
        const sorted = [...times].sort((a, b) => a - b);
        const summary = of(...times).summary();
        for (const [part, found] of [
          [0.5, summary?.p50],
          [0.9, summary?.p90],
          [0.99, summary?.p99],
          [0.999, summary?.p999],
        ] as const) {
          const exact = sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
          assert.ok(found !== undefined && found <= exact && found >= exact * 0.99 - 0.001, `${found} for ${exact}`);
        }
        assert.equal(summary?.max, sorted.at(-1));
      },
    ),
  );
});

test('bars have bounds of 1, 2 and 5, begin with the first that is not empty, and leave no gap', () => {
  assert.deepEqual(of(1.5, 0.3, 30, 0.4).bars(), [
    { below: 0.5, count: 2 },
    { below: 1, count: 0 },
    { below: 2, count: 1 },
    { below: 5, count: 0 },
    { below: 10, count: 0 },
    { below: 20, count: 0 },
    { below: 50, count: 1 },
  ]);
});

test('every time is in one bar, also one that is too short or too long', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1, max: 1e9, noNaN: true }), { maxLength: 100 }), (times) => {
      const bars = of(...times).bars();
      assert.equal(
        bars.reduce((sum, { count }) => sum + count, 0),
        times.length,
      );
    }),
  );
});
