/** Two servers with one database: what one does, the other sees, and what one knows may be old. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { POSTGRES_STORE } from '../../../src/postgres/limits.js';
import type { PostgresStore } from '../../../src/postgres/store/postgres-store.js';
import { StaleClaim, StaleSender, type StoredMessage, StoreUnavailable } from '../../../src/store/store.js';
import { tellUnsends } from '../../contract/unsend.js';
import { append, batchOf, EVERYTHING, message } from '../../harness/append.js';
import { type PostgresNode, startPostgres } from '../../harness/postgres/postgres-node.js';
import { StoreRig } from '../store-rig.js';

let node: PostgresNode;
let rig: StoreRig;
let epoch: string;
let here: PostgresStore;
let there: PostgresStore;

before(async () => {
  node = await startPostgres();
  rig = await StoreRig.open(await node.newDatabase());
});
beforeEach(async () => {
  epoch = await rig.reset();
  here = rig.store(epoch);
  there = rig.store(epoch);
});
after(async () => {
  await rig?.close();
  await node?.remove();
});

const idsOf = (messages: readonly StoredMessage[]) => messages.map(({ id }) => id);

test('a message that one server stored is read and settled by another', async () => {
  await append(here, message('a'));
  const { fence, last } = await there.claim('bob');
  assert.equal(last, 1);
  const reader = { device: 'main', fence };
  await append(here, message('b'));
  assert.deepEqual(idsOf(await there.read('bob', 0, EVERYTHING, reader)), ['a', 'b']);
  assert.equal((await here.settle('bob', 1, fence)).outcome, 'settled', 'a fence is known to all servers');
  const settled = await there.settle('bob', 2, fence);
  assert.deepEqual(settled.outcome === 'settled' && settled.messages.map(({ id }) => id), ['b']);
});

test('a session on one server ends the older one of its device on another (R6)', async () => {
  await append(here, message('a'));
  const older = await here.claim('bob', { device: 'phone' });
  const newer = await there.claim('bob', { device: 'phone' });
  assert.deepEqual(await here.settle('bob', 1, older.fence), { outcome: 'stale' });
  await assert.rejects(here.read('bob', 0, EVERYTHING, { device: 'phone', fence: older.fence }), StaleClaim);
  assert.equal((await there.settle('bob', 1, newer.fence)).outcome, 'settled');
});

test('of what two servers store at the same time, nothing is lost or overtaken (R16)', async () => {
  const ids = Array.from({ length: 50 }, (_, index) => `${index}`);
  const send = (store: PostgresStore, from: string) =>
    Promise.all(ids.map((id) => append(store, message(id, { from }))));
  await Promise.all([send(here, 'alice'), send(there, 'carol')]);
  const all = await here.read('bob', 0, EVERYTHING);
  assert.deepEqual(
    all.map(({ seq }) => seq),
    all.map((_, index) => index + 1),
  );
  for (const from of ['alice', 'carol']) assert.deepEqual(idsOf(all.filter((one) => one.from === from)), ids);
});

test('messages in both directions, with copies, from two servers: no deadlock', async () => {
  for (const user of ['alice', 'bob']) {
    await here.claim(user, { device: 'one', copies: true });
    await there.claim(user, { device: 'two', copies: true });
  }
  const sent = Array.from({ length: 40 }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['alice', 'bob'] : ['bob', 'alice'];
    return append(index % 3 === 0 ? here : there, message(`${index}`, { from, to, device: 'one' } as object));
  });
  await Promise.all(sent);
  for (const user of ['alice', 'bob']) assert.equal((await here.read(user, 0, EVERYTHING)).length, sent.length);
});

test('a revoked token, an unknown target and a blocked sender are seen where the message is stored (R7)', async () => {
  const sender = { generation: 1 };
  await append(here, message('a', { sender }));
  await rig.database.query({ text: "DELETE FROM account WHERE name = 'carol'" });
  assert.deepEqual(await append(here, message('b', { sender, to: 'carol' })), { outcome: 'unknown-user' });
  assert.deepEqual(await append(there, message('b', { sender, to: 'nobody' })), { outcome: 'unknown-user' });
  assert.equal((await here.heads('', 9)).length, 1, 'no mailbox was made');

  const block = (senders: object) =>
    rig.database.query({ text: "UPDATE account SET senders = $1 WHERE name = 'bob'" }, [JSON.stringify(senders)]);
  await block({ blocked: ['alice'] });
  const both = await here.append({ ...batchOf([message('a'), message('c')]), sender });
  assert.deepEqual(both, [{ outcome: 'duplicate', seq: 1, delivered: false }, { outcome: 'blocked' }]);
  await block({ blocked: [], allowed: ['carol'] });
  assert.equal((await append(there, message('c', { sender }))).outcome, 'blocked');
  await block({ blocked: [], allowed: ['alice'] });
  assert.equal((await append(there, message('c', { sender }))).outcome, 'stored');

  await rig.database.query({ text: 'DELETE FROM token' });
  const revoked = { name: 'StaleSender', reason: 'revoked' };
  await assert.rejects(append(here, message('d', { sender })), revoked);
  await assert.rejects(append(here, message('a', { sender })), revoked);
  const [only] = await Promise.all([append(there, message('e', { from: 'carol' }))]);
  assert.equal(only.outcome, 'stored');
});

test('a replaced sender does not make others fail that share its transaction', async () => {
  const older = await here.claim('alice', { device: 'laptop' });
  await there.claim('alice', { device: 'laptop' });
  const stale = { generation: 1, fence: older.fence };
  const [refused, stored] = await Promise.allSettled([
    append(here, message('a', { sender: stale, device: 'laptop' })),
    append(here, message('b', { from: 'carol' })),
  ]);
  assert.equal(refused.status === 'rejected' && refused.reason.reason, 'replaced');
  assert.deepEqual(stored.status === 'fulfilled' && stored.value, { outcome: 'stored', seq: 1 });
});

test('a claim that was too long on its way ends no newer session', async () => {
  await append(here, message('a'));
  const frozen = await rig.another(epoch);
  const late = rig.store(epoch, { database: frozen });
  // Its server believes that the time of the database is long ago: as if it had stood still since.
  const { now } = frozen;
  frozen.now = () => (now.call(frozen) ?? 0) - POSTGRES_STORE.claimMs - 60_000;
  const newer = await here.claim('bob', { device: 'phone' });
  const sender = { generation: 1, outbox: 'cron', fence: await here.claimOutbox('alice', 'cron') };
  await assert.rejects(late.claim('bob', { device: 'phone' }), /too late/);
  await assert.rejects(late.claimOutbox('alice', 'cron'), /too late/);
  assert.equal((await append(here, message('b', { sender }))).outcome, 'stored');
  assert.equal((await here.settle('bob', 1, newer.fence)).outcome, 'settled');
  await frozen.close();
});

test('a claim that waited until its client had gone ends no newer session', async () => {
  await append(here, message('a'));
  const newer = await here.claim('bob', { device: 'phone' });
  const sender = { generation: 1, outbox: 'cron', fence: await here.claimOutbox('alice', 'cron') };
  const isGone = () => true;
  await assert.rejects(here.claim('bob', { device: 'phone', isGone }), /gone/);
  await assert.rejects(
    here.claimOutbox('alice', 'cron', isGone),
    (error: Error) => error instanceof StoreUnavailable && /gone/.test(error.message),
  );
  assert.equal((await append(here, message('b', { sender }))).outcome, 'stored');
  assert.equal((await here.settle('bob', 1, newer.fence)).outcome, 'settled');
});

test('a device is online as long as the lease of its server', async () => {
  const lease = (until: string) =>
    rig.database.query(
      {
        text: `INSERT INTO server (id, version, schema, lease_until) VALUES ('one', '1', 1, clock_timestamp() + $1::interval)
        ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`,
      },
      [until],
    );
  await lease('1 minute');
  const store = rig.store(epoch, { server: 'one' });
  const { fence } = await store.claim('bob', { device: 'phone' });
  await store.noteSession('bob', fence, 'began', 5);
  assert.equal((await here.devices('bob'))[0]?.isOnline, true);
  await lease('-1 second');
  assert.equal((await here.devices('bob'))[0]?.isOnline, false);
});

const unsend = async (store: PostgresStore, id: string) =>
  (await store.unsend({ to: 'bob', from: 'alice', ids: [id], at: 9, generation: 1 })).outcomes[0];

test('a session on another server prevents an unsend until its end is known, also if that server has crashed (R17)', async () => {
  await append(here, message('a'));
  const store = rig.store(epoch, { server: 'crashed' }); // Without a lease.
  const { fence } = await store.claim('bob', { device: 'phone' });
  await append(here, message('b'));
  assert.equal((await here.devices('bob'))[0]?.isOnline ?? false, false);
  assert.equal(await unsend(there, 'b'), 'pushed');
  const later = await here.claim('bob', { device: 'phone' });
  await store.noteSession('bob', fence, 'ended', 5);
  assert.equal(await unsend(there, 'b'), 'pushed', 'a newer one goes on');
  await here.noteSession('bob', later.fence, 'ended', 6);
  await append(here, message('c'));
  assert.deepEqual([await unsend(there, 'b'), await unsend(there, 'c')], ['pushed', 'unsent']);
  await append(here, message('d'));
  await here.removeDevice('bob', 'phone');
  assert.equal(await unsend(there, 'd'), 'pushed', 'the device that may have had it is forgotten');
});

test('a mailbox of an older version does not know what was read, until a session ends', async () => {
  await append(here, message('a'));
  await rig.database.query({ text: 'UPDATE mailbox SET pushable = NULL' });
  assert.equal(await unsend(here, 'a'), 'pushed');
  const { fence } = await here.claim('bob');
  await here.noteSession('bob', fence, 'ended', 5);
  await append(here, message('b'));
  assert.deepEqual([await unsend(here, 'a'), await unsend(here, 'b')], ['pushed', 'unsent']);
});

test('nobody unsends with a revoked token (R7)', async () => {
  await append(here, message('a'));
  await rig.database.query({ text: "DELETE FROM token WHERE account = 'alice'" });
  await assert.rejects(unsend(here, 'a'), StaleSender);
  assert.equal((await here.find('bob', 'alice', ['a']))[0]?.state, 'stored');
});

test('whatever two servers do at the same time, no session reads what was unsent (R17)', async (t) => {
  const seed = Math.floor(Math.random() * 1e6);
  t.diagnostic(`seed ${seed}`);
  for (let run = 0; run < 10; run++) {
    await rig.reset();
    await tellUnsends(seed + run, [here, there]);
  }
});

test('whoever stores a message learns on which servers its target has sessions', async () => {
  const lease =
    "INSERT INTO server (id, version, schema, lease_until) VALUES ($1, '1', 1, clock_timestamp() + '1 minute')";
  for (const id of ['one', 'two']) await rig.database.query({ text: lease }, [id]);
  const told: (readonly [string, readonly string[]])[] = [];
  const store = rig.store(epoch, { onPlaces: (user, servers) => told.push([user, servers]) });
  await append(store, message('a'));
  const phone = await rig.store(epoch, { server: 'one' }).claim('bob', { device: 'phone' });
  await rig.store(epoch, { server: 'two' }).claim('bob', { device: 'laptop' });
  await append(store, message('b'));
  await store.noteSession('bob', phone.fence, 'ended', 9);
  await append(store, message('c'));
  await here.claim('bob', { device: 'desktop' }); // Of a server that is not known.
  await append(store, message('d'));
  await append(store, message('d')); // It is stored already.
  const sorted = told.map(([user, servers]) => [user, ...[...servers].sort()]);
  assert.deepEqual(sorted, [['bob'], ['bob', 'one', 'two'], ['bob', 'two']]);
});

test('what the database refuses fails alone', async () => {
  const [bad, good] = await Promise.allSettled([
    append(here, message('a\u0000b')), // PostgreSQL has no such text; frames cannot have such an id
    append(here, message('c')),
  ]);
  assert.equal(bad.status, 'rejected');
  assert.deepEqual(good.status === 'fulfilled' && good.value.outcome, 'stored');
});

test('a mailbox is trimmed to what is kept, and forgets no id of a sender too early, however much comes at once', async () => {
  const store = rig.store(epoch, { limits: { keptDelivered: 2, keptIdsPerSender: 3 } });
  const { fence } = await store.claim('bob');
  for (const [count, seq] of [
    [1, 1],
    [6, 7],
    [2, 9],
    [9, 18],
  ] as const) {
    await store.append(batchOf(Array.from({ length: count }, (_, index) => message(`m${seq - count + 1 + index}`))));
    await store.settle('bob', seq, fence);
  }
  assert.deepEqual(idsOf(await store.read('bob', 0, EVERYTHING)), ['m17', 'm18']);
  const known = await store.find('bob', 'alice', ['m12', 'm13', 'm14', 'm15', 'm16', 'm17']);
  assert.deepEqual(
    known.map(({ state }) => state),
    ['unknown', 'unknown', 'delivered', 'delivered', 'delivered', 'delivered'],
  );
  const [{ count } = { count: 0 }] = await rig.database.query<{ count: number }>({
    text: 'SELECT count(*) AS count FROM tombstone',
  });
  assert.equal(count, 3);
});

test('every table about messages has a key that begins with the mailbox, so that it can be spread by it', async () => {
  // An index that is no key is one of each part: see docs/decisions/2026-11-30-the-own-queue.md.
  const keys = await rig.database.query<{ table: string; first: string }>({
    text: `SELECT c.relname AS table, (SELECT attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) AS first
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND i.indisunique AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'mailbox')`,
  });
  assert.ok(keys.length >= 7);
  assert.deepEqual(
    keys.filter(({ first }) => first !== 'mailbox'),
    [],
  );
});
