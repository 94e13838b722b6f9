/** When a checkpoint is due, and how fast the journal may grow meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SegmentSize } from '../../../src/disk/journal.js';
import { CheckpointSchedule } from '../../../src/file-store/checkpoint/checkpoint-schedule.js';

const LIMITS = {
  checkpointBytes: 100,
  mailboxesPerCheckpoint: 10,
  maxJournalBytes: 1_000,
  recordBytes: 20,
  fullDiskRetryMs: 50,
};

/** A journal of few long records. */
const long = (bytes: number): SegmentSize => ({ bytes, records: 0 });

/** The shortest journal at which a checkpoint is due. */
function dueBytes(schedule: CheckpointSchedule, mailboxes = 1): number {
  let bytes = 0;
  while (!schedule.isDue(long(bytes), mailboxes)) bytes++;
  return bytes;
}

test('the first checkpoint of a few mailboxes is due when the journal has checkpointBytes', () => {
  assert.equal(dueBytes(new CheckpointSchedule(LIMITS)), 100);
});

test('a checkpoint of n times as many mailboxes is due after n times as many bytes', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  assert.deepEqual(
    [1, 10, 20, 50].map((mailboxes) => dueBytes(schedule, mailboxes)),
    [100, 100, 200, 500],
  );
});

test('the next checkpoint is due at twice the bytes that the last one wrote, but not below checkpointBytes', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(200);
  assert.equal(dueBytes(schedule), 400);
  schedule.succeeded(20);
  assert.equal(dueBytes(schedule), 100);
});

test('however much a checkpoint has to write, it is due before the journal is too long', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(100_000);
  assert.equal(dueBytes(schedule), 600);
  assert.equal(dueBytes(new CheckpointSchedule(LIMITS), 100_000), 600);
});

test('after a postponed checkpoint nothing is written for fullDiskRetryMs', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.postponed(1_000);
  assert.deepEqual(
    [1_000, 1_049, 1_050].map((now) => schedule.mayWrite(now)),
    [false, false, true],
  );
});

test('the journal may grow to maxJournalBytes and no further, whatever was written or postponed', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(100_000);
  schedule.postponed(1_000);
  assert.deepEqual(
    [0, 999, 1_000, 1_200].map((bytes) => schedule.room(long(bytes))),
    [1_000, 1, 0, -200],
  );
});

test('while a checkpoint is written, the journal may be a quarter of the rest ahead of its work', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  const roomAt = (share: number, bytes: number): number => schedule.room(long(bytes), { cost: 600, share });
  assert.deepEqual([roomAt(0, 600), roomAt(0.5, 600), roomAt(1, 600)], [100, 300, 400]);
  assert.equal(roomAt(0.5, 900), 0, 'it waits for the work');
  assert.equal(roomAt(0.5, 500), 400, 'a segment was removed');
});

test('while a checkpoint of a journal that is too long is written, it does not grow', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  assert.ok(schedule.room(long(1_500), { cost: 1_500, share: 1 }) < 0);
});

test('many short records are as long a journal as a few long ones', () => {
  const schedule = new CheckpointSchedule(LIMITS);
  schedule.succeeded(100_000);
  assert.deepEqual(
    [19, 20].map((records) => schedule.isDue({ bytes: 10 * records, records }, 1)),
    [false, true],
  );
  assert.equal(schedule.room({ bytes: 300, records: 30 }), 100);
});
