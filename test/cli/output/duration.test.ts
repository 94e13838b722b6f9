import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/cli/output/duration.js';

test('a duration is a number and a unit', () => {
  const table: [string, number | undefined][] = [
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['', undefined],
    ['30', undefined],
    ['-1s', undefined],
    ['1.5s', undefined],
    ['1 s', undefined],
    ['1S', undefined],
    ['9999999999s', undefined],
  ];
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

test('a formatted duration parses to the same value', () => {
  fc.assert(fc.property(fc.nat({ max: 999_999_999 }), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)));
  assert.equal(formatDuration(90_000), '90s');
  assert.equal(formatDuration(86_400_000), '1d');
});
