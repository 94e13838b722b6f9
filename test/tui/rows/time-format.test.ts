/** Times and durations on the screen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTimeFormat, shortDuration } from '../../../src/tui/rows/time-format.js';
import { MINUTE, NOW } from '../fixture.js';

test('durations have one unit and are at least one second', () => {
  const table: [number, string][] = [
    [-1, '1 s'],
    [0, '1 s'],
    [59_000, '59 s'],
    [60_000, '1 min'],
    [3_599_000, '59 min'],
    [7_200_000, '2 h'],
    [3 * 86_400_000, '3 d'],
  ];
  for (const [ms, expected] of table) assert.equal(shortDuration(ms), expected);
});

test('day names have the year if it is not the current one', () => {
  const time = createTimeFormat('en-GB');
  assert.match(time.dayName(NOW, NOW), /^Tuesday,? 18 November$/);
  assert.match(time.dayName(NOW, NOW + 100 * 24 * 60 * MINUTE), /^Tuesday,? 18 November 2025$/);
  assert.equal(time.clock(NOW), '09:45');
  assert.ok(time.day(NOW) < time.day(NOW + 24 * 60 * MINUTE));
});
