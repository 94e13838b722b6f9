import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FailureCount } from '../../../src/cli/listen/failure-count.js';
import { CommandFailed } from '../../../src/cli/listen/listen-exec.js';
import { Parking, RETRY } from '../../../src/cli/listen/parking.js';
import { realFiles as files } from '../../../src/io/files.js';
import { parseExport } from '../../../src/queue-admin/export-line.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { createFakeOutput } from '../fake-output.js';

const folder = await mkdtemp(join(tmpdir(), 'im-parking-'));
after(() => rm(folder, { recursive: true }));

const message = { epoch: 'e', seq: 7, id: 'x', from: 'bob', body: 'a\u0000b', at: 5, attempt: 2, re: 'q' };
const failure = (isStopped = false) => new CommandFailed('the command ended with 3', message, isStopped);
const never = new Promise<void>(() => {});

function parkingIn(name: string, limit: number) {
  const clock = createFakeClock();
  const output = createFakeOutput();
  const file = join(folder, `${name}.jsonl`);
  let failed = 0;
  const count = { add: async () => ++failed };
  const parking = new Parking({ user: 'alice', device: 'listen', after: limit, file }, { count, clock, output });
  return { clock, parking, file, notes: output.notes, failures: () => failed };
}

test('the pauses double up to the longest, and then the message is in the file, as it was', async () => {
  const { clock, parking, file, notes } = parkingIn('doubling', 8);
  let runs = 0;
  const run = async () => {
    runs += 1;
    throw failure();
  };
  const handled = parking.handle(message, run, never);
  for (const [index, pauseMs] of [1, 2, 4, 8, 16, 30, 30].map((factor) => factor * RETRY.firstMs).entries()) {
    while (runs <= index || notes.length <= index) await clock.settle();
    await clock.advance(pauseMs - 1);
    assert.equal(runs, index + 1);
    await clock.advance(1);
  }
  await handled;
  assert.equal(runs, 8);
  assert.match(notes.at(-1) ?? '', /parked in/);
  const line = (await readFile(file, 'utf8')).trimEnd();
  const { parked, ...exported } = JSON.parse(line) as Record<string, unknown>;
  const stored = {
    to: 'alice',
    seq: 7,
    id: 'x',
    from: 'bob',
    at: 5,
    status: 'undelivered',
    bytes: 3,
    body: 'a\u0000b',
    re: 'q',
  };
  assert.deepEqual(exported, { ...stored, attempts: 2 });
  assert.deepEqual(parked, { at: clock.now(), device: 'listen', failed: 8, why: 'the command ended with 3' });
  assert.deepEqual(parseExport(line), { ...stored, attempts: 0, isParked: true });
});

test('a message that succeeds at last is not parked', async () => {
  const { clock, parking, file, notes } = parkingIn('at-last', 2);
  const results = [failure()];
  const run = async () => {
    const result = results.shift();
    if (result) throw result;
  };
  const handled = parking.handle(message, run, never);
  while (notes.length === 0) await clock.settle();
  await clock.advance(RETRY.firstMs);
  await handled;
  await assert.rejects(readFile(file));
});

test('the end of the client ends a pause, and the message is not acked', async () => {
  const { clock, parking, notes } = parkingIn('stopping', 2);
  const stopping = deferred<void>();
  const handled = parking.handle(message, () => Promise.reject(failure()), stopping.promise);
  while (notes.length === 0) await clock.settle();
  stopping.resolve();
  await assert.rejects(handled, CommandFailed);
});

test('a command that was stopped, or could not be started, says nothing about the message', async () => {
  const { parking, failures } = parkingIn('stopped', 1);
  await assert.rejects(
    parking.handle(message, () => Promise.reject(failure(true)), never),
    CommandFailed,
  );
  await assert.rejects(
    parking.handle(message, () => Promise.reject(new Error('no shell')), never),
    /no shell/,
  );
  assert.equal(failures(), 0);
});

test('failures are counted for one message, also by the next process', async () => {
  const count = () => new FailureCount(files, folder);
  assert.equal(await count().add(message), 1);
  assert.equal(await count().add(message), 2);
  assert.equal(await count().add({ ...message, replay: 'r' }), 1);
  assert.equal(await count().add({ ...message, seq: 8 }), 1);
  assert.equal(await count().add({ ...message, seq: 8, epoch: 'f' }), 1);
  for (const damaged of ['', '{"format": 1, "epoch": "f"}', 'x'.repeat(5_000)]) {
    await writeFile(join(folder, 'failed.json'), damaged);
    assert.equal(await count().add({ ...message, seq: 8, epoch: 'f' }), 1, damaged.slice(0, 10));
  }
});
