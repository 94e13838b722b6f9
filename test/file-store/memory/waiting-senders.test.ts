/** What a sender has sent and nobody has acked is found in mailboxes that are not in memory, without loading those of others. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FILE_STORE } from '../../../src/file-store/limits.js';
import { WaitingSenders } from '../../../src/file-store/memory/waiting-senders.js';
import type { FileStore } from '../../../src/file-store/store/file-store.js';
import type { SentMessage } from '../../../src/store/store.js';
import { append } from '../../harness/append.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { seededRandom } from '../../harness/seeded-random.js';
import { EVERYTHING, FOLDER, message, rigStore, type StoreRig } from '../../harness/store-rig.js';

const evictAll = ({ clock }: StoreRig): Promise<void> => clock.advance(FILE_STORE.mailboxIdleMs + FILE_STORE.sweepMs);

/** All pages; read again from the start as long as more mailboxes become known. */
async function sentBy(store: FileStore, from: string): Promise<{ found: string[]; unread: number }> {
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const all: SentMessage[] = [];
    let unread = 0;
    for (;;) {
      const page = await store.sent(from, all.at(-1), { ...EVERYTHING, messages: 3 });
      unread = page.unread;
      if (page.messages.length === 0) break;
      all.push(...page.messages);
    }
    if (unread === 0 || unread >= before) return { found: all.map(({ to, id }) => `${to} ${id}`), unread };
    before = unread;
  }
}

test('evicted mailboxes are known by their senders, and only theirs are loaded', async () => {
  const disk = new MemoryDisk();
  const rig = await rigStore(disk);
  const { store } = rig;
  await append(store, message('a', { to: 'bob' }));
  await append(store, message('b', { to: 'carol', from: 'dave' }));
  await evictAll(rig);
  assert.equal(store.mailboxes.size, 0);
  const opened: string[] = [];
  disk.watch = (_, path) => {
    opened.push(path);
    return undefined;
  };
  assert.deepEqual(await sentBy(store, 'erin'), { found: [], unread: 0 });
  assert.deepEqual(await sentBy(store, 'alice'), { found: ['bob a'], unread: 0 });
  assert.ok(opened.every((path) => !path.includes('carol')));
  assert.equal(store.mailboxes.size, 0, 'none stays in memory');
  await store.close();
});

test('after a start each mailbox with undelivered messages is loaded once, so many for a page', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  const count = FILE_STORE.maxLearnedForPage + 10;
  const users = Array.from({ length: count }, (_, index) => `u${String(index).padStart(4, '0')}`);
  await Promise.all(users.map((to) => append(first.store, message('a', { to }))));
  const { store } = await rigStore(disk.kill());
  const page = await store.sent('alice', undefined, { ...EVERYTHING, messages: 1 });
  assert.deepEqual([page.messages.length, page.unread], [1, 10]);
  assert.deepEqual(await sentBy(store, 'alice'), { found: users.map((user) => `${user} a`), unread: 0 });
  await store.close();
});

test('a damaged mailbox is counted as unread, and the others are found', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const to of ['bob', 'carol']) await append(store, message('a', { to }));
  await store.close();
  disk.overwrite(`${FOLDER}/mailboxes/bob.json`, Buffer.from('{}'));
  const next = await rigStore(disk);
  assert.deepEqual(await sentBy(next.store, 'alice'), { found: ['carol a'], unread: 1 });
  assert.deepEqual(await sentBy(next.store, 'alice'), { found: ['carol a'], unread: 1 });
  await next.store.close();
});

test('a sender of nothing is forgotten', () => {
  const senders = new WaitingSenders();
  senders.evicted('bob', { senders: ['alice', 'carol'] });
  assert.deepEqual([...senders.mailboxesOf('alice')], ['bob']);
  senders.loaded('bob');
  assert.deepEqual([...senders.mailboxesOf('alice')], []);
  senders.evicted('bob', { senders: ['carol'] });
  assert.deepEqual([...senders.mailboxesOf('alice'), ...senders.mailboxesOf('carol')], ['bob']);
});

test('whatever happens, a sender finds what a walk over all mailboxes finds', async (t: TestContext) => {
  const seed = Math.floor(Math.random() * 1e6);
  t.diagnostic(`seed ${seed}`);
  const fraction = seededRandom(seed);
  const random = (bound: number): number => Math.floor(fraction() * bound);
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const users = ['a', 'b', 'c', 'd', 'e'];
  const storage = { checkpointBytes: 2_000 };
  let disk = new MemoryDisk();
  let rig = await rigStore(disk, { storage });
  for (let step = 0; step < 300; step++) {
    const { store } = rig;
    const [user, roll] = [pick(users), random(20)];
    if (roll < 12) await append(store, message(`m${step}`, { to: user, from: pick(users) }));
    else if (roll < 15) {
      const { fence, last, delivered } = await store.claim(user);
      if (last > delivered) await store.settle(user, delivered + 1 + random(last - delivered), fence);
    } else if (roll < 17) {
      const { delivered, last } = await store.inspect(user);
      if (last > delivered) await store.purge(user, [delivered + 1 + random(last - delivered)], 0);
    } else if (roll === 17) await evictAll(rig);
    else if (roll === 18) {
      await store.close();
      rig = await rigStore(disk, { storage });
    } else {
      disk = disk.kill();
      rig = await rigStore(disk, { storage });
    }
    if (step % 10 > 0) continue;
    const from = pick(users);
    assert.deepEqual(await sentBy(rig.store, from), { found: await walk(rig.store, from), unread: 0 }, `step ${step}`);
  }
  await rig.store.close();
});

async function walk(store: FileStore, from: string): Promise<string[]> {
  const found: string[] = [];
  for (const { user } of await store.heads('', 1_000)) {
    const { delivered } = await store.inspect(user);
    for (const one of await store.read(user, delivered, EVERYTHING))
      if (user !== from && one.from === from && one.purgedAt === undefined) found.push(`${user} ${one.id}`);
  }
  return found;
}
