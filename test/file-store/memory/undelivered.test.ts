/** How many messages are undelivered in all mailboxes: counted without loading them, across evictions, checkpoints and restarts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FILE_STORE } from '../../../src/file-store/limits.js';
import type { FileStore } from '../../../src/file-store/store/file-store.js';
import { append } from '../../harness/append.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { seededRandom } from '../../harness/seeded-random.js';
import { EVERYTHING, FOLDER, message, rigStore, type StoreRig } from '../../harness/store-rig.js';

const T0 = Date.UTC(2030, 0, 1);

/** Waits until every mailbox is counted. */
async function counted({ store, clock }: Pick<StoreRig, 'store' | 'clock'>) {
  store.undelivered();
  await clock.until(() => store.undelivered().uncounted === 0, 'all mailboxes are counted');
  return store.undelivered();
}

const evictAll = ({ clock }: StoreRig): Promise<void> => clock.advance(FILE_STORE.mailboxIdleMs + FILE_STORE.sweepMs);

test('mailboxes count in memory and after their eviction; acked and purged messages do not', async () => {
  const disk = new MemoryDisk();
  const rig = await rigStore(disk);
  const { store } = rig;
  assert.deepEqual(store.undelivered(), { undelivered: 0, mailboxes: 0, uncounted: 0 });
  for (const [index, id] of ['a', 'b', 'c'].entries()) await append(store, message(id, { at: T0 + index }));
  await append(store, message('d', { to: 'carol', at: T0 + 9 }));
  const before = { undelivered: 4, mailboxes: 2, uncounted: 0, oldestAt: T0 };
  assert.deepEqual(store.undelivered(), before);
  await evictAll(rig);
  assert.equal(store.mailboxes.size, 0);
  assert.deepEqual(store.undelivered(), before);
  await store.purge('bob', [1, 2], T0);
  const after = { undelivered: 2, mailboxes: 2, uncounted: 0, oldestAt: T0 + 2 };
  assert.deepEqual(store.undelivered(), after, 'the oldest that was not purged');
  await evictAll(rig);
  assert.deepEqual(store.undelivered(), after);
  const { fence } = await store.claim('bob');
  await store.settle('bob', 3, fence);
  await evictAll(rig);
  assert.deepEqual(store.undelivered(), { undelivered: 1, mailboxes: 1, uncounted: 0, oldestAt: T0 + 9 });
  await store.close();
});

test('after a clean stop the numbers are known without loading a mailbox', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a', { at: T0 }));
  await append(store, message('b', { to: 'carol', at: T0 + 1 }));
  const { fence } = await store.claim('carol');
  await store.settle('carol', 1, fence);
  await store.close();
  const next = await rigStore(disk);
  assert.deepEqual(next.store.undelivered(), { undelivered: 1, mailboxes: 1, uncounted: 0, oldestAt: T0 });
  assert.equal(next.store.mailboxes.size, 0);
  await next.store.close();
});

test('after a kill the mailboxes with records in the journal are counted one by one, and only when somebody asks', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const to of ['bob', 'carol', 'dave']) await append(store, message('a', { to, at: T0 }));
  const next = await rigStore(disk.kill());
  await next.clock.settle();
  assert.deepEqual(next.store.undelivered(), { undelivered: 0, mailboxes: 0, uncounted: 3 });
  assert.deepEqual(await counted(next), { undelivered: 3, mailboxes: 3, uncounted: 0, oldestAt: T0 });
  await next.clock.settle();
  assert.equal(next.store.mailboxes.size, 0, 'none stays in memory');
  await next.store.close();
});

test('a damaged mailbox stays uncounted, and the others count', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const to of ['bob', 'carol']) await append(store, message('a', { to, at: T0 }));
  await store.close();
  const again = await rigStore(disk);
  for (const to of ['bob', 'carol']) await append(again.store, message('b', { to, at: T0 }));
  const killed = disk.kill();
  killed.overwrite(`${FOLDER}/mailboxes/bob.json`, Buffer.from('{}'));
  const next = await rigStore(killed);
  next.store.undelivered();
  await next.clock.until(() => next.store.undelivered().uncounted === 1, 'one is left');
  assert.deepEqual(next.store.undelivered(), { undelivered: 2, mailboxes: 1, uncounted: 1, oldestAt: T0 });
  await next.store.close();
});

/** What the mailboxes say one by one. */
async function walk(store: FileStore) {
  let [undelivered, mailboxes, oldestAt] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { user } of await store.heads('', 1_000)) {
    const { delivered, last, purged } = await store.inspect(user);
    const waiting = last - delivered - purged;
    if (waiting === 0) continue;
    undelivered += waiting;
    mailboxes++;
    const messages = await store.read(user, delivered, EVERYTHING);
    oldestAt = Math.min(oldestAt, ...messages.filter(({ purgedAt }) => purgedAt === undefined).map(({ at }) => at));
  }
  return { undelivered, mailboxes, uncounted: 0, ...(oldestAt < Number.POSITIVE_INFINITY && { oldestAt }) };
}

test('whatever happens, the numbers are those of a walk over all mailboxes', async (t: TestContext) => {
  const seed = Math.floor(Math.random() * 1e6);
  t.diagnostic(`seed ${seed}`);
  const fraction = seededRandom(seed);
  const random = (bound: number): number => Math.floor(fraction() * bound);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const users = ['a', 'b', 'c', 'd', 'e'];
  const storage = { checkpointBytes: 2_000 };
  let disk = new MemoryDisk();
  let rig = await rigStore(disk, { storage });
  for (let step = 0, at = T0; step < 400; step++) {
    const { store } = rig;
    const user = pick(users);
    const roll = random(20);
    if (roll < 12) await append(store, message(`m${step}`, { to: user, at: at++ }));
    else if (roll < 15) {
      const { fence, last, delivered } = await store.claim(user);
      if (last > delivered) await store.settle(user, delivered + 1 + random(last - delivered), fence);
    } else if (roll < 17) {
      const { delivered, last } = await store.inspect(user);
      if (last > delivered) await store.purge(user, [delivered + 1 + random(last - delivered)], at);
    } else if (roll === 17) await evictAll(rig);
    else if (roll === 18) {
      await store.close();
      rig = await rigStore(disk, { storage });
    } else {
      disk = disk.kill();
      rig = await rigStore(disk, { storage });
    }
    if (step % 10 === 0) {
      const found = await counted(rig);
      assert.deepEqual(found, await walk(rig.store), `step ${step}`);
    }
  }
  await rig.store.close();
});
