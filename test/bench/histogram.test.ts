/** The latency histogram: percentiles, and its limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from './histogram.js';

test('a histogram gives exact percentiles, to the microsecond', () => {
  const histogram = new Histogram();
  for (let number = 100; number >= 1; number--) histogram.record(number / 1_000);
  assert.deepEqual(histogram.percentiles(), { p50: 0.05, p99: 0.099 });
});

test('a histogram counts durations over one second as one second', () => {
  const histogram = new Histogram();
  histogram.record(0.25);
  histogram.record(5_000);
  assert.deepEqual(histogram.percentiles(), { p50: 0.25, p99: 1_000 });
});

test('the percentiles of an empty histogram are NaN', () => {
  assert.deepEqual(new Histogram().percentiles(), { p50: Number.NaN, p99: Number.NaN });
});
