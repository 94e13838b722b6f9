/** When a checkpoint is due, and when the journal has to wait for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckpointSchedule } from '../../src/file-store/checkpoint-schedule.js';

const LIMITS = { checkpointBytes: 100, maxJournalBytes: 1_000, fullDiskRetryMs: 50 };

/** The shortest journal at which a checkpoint is due. */
function dueBytes(schedule: CheckpointSchedule): number {
  let bytes = 0;
  while (!schedule.isDue(bytes, 0)) bytes++;
  return bytes;
}

test('the first checkpoint is due when the journal has checkpointBytes', () => {
  assert.equal(dueBytes(new CheckpointSchedule(LIMITS)), 100);
});

test('the next checkpoint is due at twice the bytes that the last one wrote, but not below checkpointBytes', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(200);
  assert.equal(dueBytes(schedule), 400);
  schedule.succeeded(20);
  assert.equal(dueBytes(schedule), 100);
});

test('however large the last checkpoint was, the next one is due before the journal is too long', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(100_000);
  assert.equal(dueBytes(schedule), 750);
});

test('a postponed checkpoint is due again after fullDiskRetryMs', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.postponed(1_000);
  assert.deepEqual(
    [1_000, 1_049, 1_050].map((now) => schedule.isDue(500, now)),
    [false, false, true],
  );
});

test('the journal is too long beyond maxJournalBytes, whatever was written or postponed', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(100_000);
  schedule.postponed(1_000);
  assert.deepEqual(
    [1_000, 1_001].map((bytes) => schedule.isTooLong(bytes)),
    [false, true],
  );
});
