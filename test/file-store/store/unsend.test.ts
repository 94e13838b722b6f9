/** What the file store knows of what sessions have read: as long as it runs, exactly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/store/store.js';
import { append } from '../../harness/append.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { EVERYTHING, failure, message, rigStore } from '../../harness/store-rig.js';

const unsend = async (store: Store, ...ids: readonly string[]) =>
  (await store.unsend({ to: 'bob', from: 'alice', ids, at: 9 })).outcomes;

/** A session of bob that has read the first messages only, as with a full window. */
async function readFirst(store: Store, messages: number) {
  const { fence } = await store.claim('bob');
  const reader = { device: 'main', fence };
  await store.read('bob', 0, { ...EVERYTHING, messages }, reader);
  return reader;
}

test('what a session has not read yet, because its window is full, can be unsent', async () => {
  const { store } = await rigStore(new MemoryDisk());
  for (const id of ['a', 'b', 'c']) await append(store, message(id));
  const reader = await readFirst(store, 1);
  assert.deepEqual(await unsend(store, 'a', 'b', 'c'), ['pushed', 'unsent', 'unsent']);
  const rest = await store.read('bob', 1, EVERYTHING, reader);
  assert.deepEqual(
    rest.map(({ body, purgedAt }) => [body, purgedAt]),
    [
      ['', 9],
      ['', 9],
    ],
  );
  await store.close();
});

test('a mailbox that left the memory meanwhile is as before', async () => {
  const { store } = await rigStore(new MemoryDisk());
  for (const id of ['a', 'b']) await append(store, message(id));
  await readFirst(store, 1);
  store.mailboxes.sweep(0, 0);
  assert.equal(store.mailboxes.get('bob'), undefined);
  assert.deepEqual(await unsend(store, 'a', 'b'), ['pushed', 'unsent']);
  store.mailboxes.sweep(0, 0);
  await append(store, message('c'));
  assert.deepEqual(await unsend(store, 'a', 'c'), ['pushed', 'unsent']);
  await store.close();
});

test('a session that reads while something is being unsent waits for it, and for nothing that comes later', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const id of ['a', 'b']) await append(store, message(id));
  const { fence } = await store.claim('bob');
  const reader = { device: 'main', fence };
  const first = unsend(store, 'a');
  const reading = store.read('bob', 0, EVERYTHING, reader);
  const second = unsend(store, 'b');
  assert.deepEqual([await first, await second], [['unsent'], ['pushed']]);
  assert.deepEqual(
    (await reading).map(({ id, body }) => [id, body]),
    [
      ['a', ''],
      ['b', 'body of b'],
    ],
  );
  await store.close();
});

test('an unsend that the disk refuses changes nothing: the session reads the message', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  const { fence } = await store.claim('bob');
  disk.watch = (operation) => {
    if (operation === 'write') throw failure('ENOSPC');
    return undefined;
  };
  const refused = assert.rejects(unsend(store, 'a'));
  const reading = store.read('bob', 0, EVERYTHING, { device: 'main', fence });
  await refused;
  assert.equal((await reading)[0]?.body, 'body of a');
  disk.watch = () => undefined;
  assert.deepEqual(await unsend(store, 'a'), ['pushed']);
});

test('what was there when the store was opened counts as read', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  await store.close();
  const { store: next } = await rigStore(disk);
  assert.deepEqual(await unsend(next, 'a'), ['pushed']);
  await append(next, message('b'));
  assert.deepEqual(await unsend(next, 'b'), ['unsent']);
  await next.close();
});
