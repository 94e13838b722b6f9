/** The turns of users who look at their own queues: one at a time, with rests, and never too many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OWN } from '../../src/server/limits.js';
import { OwnReads } from '../../src/server/own-reads.js';
import { StoreUnavailable } from '../../src/store/store.js';
import { deferred } from '../harness/deferred.js';
import { createFakeClock } from '../harness/fake-clock.js';

test('requests of a user run one after the other, those of others beside them', async () => {
  const reads = new OwnReads(createFakeClock());
  const [first, began] = [deferred<string>(), [] as string[]];
  const read = (name: string, result: Promise<string>) => () => {
    began.push(name);
    return result;
  };
  const one = reads.run('alice', read('one', first.promise));
  const two = reads.run('alice', read('two', Promise.resolve('2')));
  assert.equal(await reads.run('bob', read('bob', Promise.resolve('b'))), 'b');
  assert.deepEqual(began, ['one', 'bob']);
  first.resolve('1');
  assert.deepEqual([await one, await two], ['1', '2']);
});

test('a user who asks without end rests in proportion to what was done', async () => {
  const clock = createFakeClock();
  const reads = new OwnReads(clock);
  const work = deferred<string>();
  const one = reads.run('alice', () => work.promise);
  const two = reads.run('alice', async () => clock.monotonic());
  await clock.advance(100);
  const ended = clock.monotonic();
  work.resolve('');
  await one;
  await clock.advance(100 * OWN.restFactor);
  assert.equal((await two) as number, ended + 100 * OWN.restFactor);
  const three = reads.run('alice', async () => 3);
  await clock.advance(OWN.maxRestMs);
  assert.equal(await three, 3);
});

test('too many requests are refused, and a failed one stops nobody', async () => {
  const reads = new OwnReads(createFakeClock());
  const all = Array.from({ length: OWN.maxWaiting }, (_, index) =>
    reads.run('alice', async () => {
      if (index === 0) throw new Error('disk');
      return index;
    }),
  );
  assert.equal(
    reads.run('alice', async () => 0),
    undefined,
  );
  await assert.rejects(all[0] as Promise<number>, /disk/);
  assert.equal(await all.at(-1), OWN.maxWaiting - 1);
  assert.equal(await reads.run('alice', async () => 7), 7);
});

test('a stop ends the rests, and refuses what waits', async () => {
  const clock = createFakeClock();
  const reads = new OwnReads(clock);
  const work = deferred<string>();
  const one = reads.run('alice', () => work.promise);
  const two = reads.run('alice', async () => assert.fail('it began'));
  const refused = assert.rejects(two as Promise<never>, StoreUnavailable);
  await clock.advance(1_000);
  work.resolve('done');
  assert.equal(await one, 'done');
  await clock.settle();
  reads.stop();
  await refused;
});
