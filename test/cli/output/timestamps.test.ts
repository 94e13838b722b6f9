import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatMinute, formatTime, parseTime } from '../../../src/cli/output/timestamps.js';

const NOW = Date.UTC(2030, 0, 31, 12);

test('a time is a duration ago, or a date with or without a time of day', () => {
  assert.equal(parseTime('90s')?.(NOW), NOW - 90_000);
  assert.equal(parseTime('2h')?.(NOW), NOW - 7_200_000);
  assert.equal(parseTime('2026-01-31')?.(NOW), new Date(2026, 0, 31).getTime(), 'midnight on this machine');
  assert.equal(parseTime('2026-01-31 14:03')?.(NOW), new Date(2026, 0, 31, 14, 3).getTime());
  assert.equal(parseTime('2026-01-31T14:03:07Z')?.(NOW), Date.UTC(2026, 0, 31, 14, 3, 7));
  for (const wrong of ['', 'yesterday', '2h30m', '2026', '2026-13-01', '-1h', '31.1.2026']) {
    assert.equal(parseTime(wrong), undefined, wrong);
  }
});

test('an age is rounded down to whole units', () => {
  const ages = [-5, 0, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 86_400_000, 800 * 86_400_000];
  assert.deepEqual(ages.map(formatAge), ['0s', '0s', '59s', '1m', '59m', '1h', '23h', '1d', '800d']);
});

test('a time is formatted in local time, with or without seconds', () => {
  const at = new Date(2026, 0, 3, 4, 5, 6).getTime();
  assert.equal(formatTime(at), '2026-01-03 04:05:06');
  assert.equal(formatMinute(at), '2026-01-03 04:05');
});
