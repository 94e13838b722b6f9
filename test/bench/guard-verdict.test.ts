/** The guard against slower: what it calls slower, and that noise is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardRound, judge, QUIET, ratioOf, TOLERANCE } from './guard-verdict.js';

const round = (ratio: number, othersBusy = 0): GuardRound => ({
  serverMicros: ratio * 5,
  referenceMicros: 5,
  othersBusy,
});

const baseline = { ratio: 2, date: '2026-01-31' };

test('a few disturbed rounds do not move the ratio', () => {
  assert.equal(ratioOf([2, 2, 2, 9, 9].map((ratio) => round(ratio))), 2);
  assert.equal(ratioOf([round(3)]), 3);
});

test('more than the tolerance on a quiet machine is slower; on a busy one it is not judged', () => {
  const slow = 2 * (1 + TOLERANCE) + 0.01;
  assert.equal(judge([round(slow), round(slow)], baseline), 'slower');
  assert.equal(judge([round(slow, 1), round(slow, 1)], baseline), 'not judged');
  assert.equal(judge([round(slow, 1), round(slow), round(slow, QUIET)], baseline), 'slower', 'one busy round');
});

test('within the tolerance it is as before, also on a busy machine; much less is faster', () => {
  for (const ratio of [2, 2 * (1 + TOLERANCE) - 0.01, 2 * (1 - TOLERANCE) + 0.01])
    for (const others of [0, 2]) assert.equal(judge([round(ratio, others)], baseline), 'as before');
  assert.equal(judge([round(1, 2)], baseline), 'faster');
});

test('a version of Node without a committed ratio is told', () => {
  assert.equal(judge([round(9)], undefined), 'no baseline');
});
