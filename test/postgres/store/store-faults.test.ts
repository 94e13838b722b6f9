/** The store when the database breaks in the middle: the outcome of a commit is found out, and nothing is stored twice. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Database } from '../../../src/postgres/database/database.js';
import { POSTGRES_STORE } from '../../../src/postgres/limits.js';
import type { PostgresStore } from '../../../src/postgres/store/postgres-store.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/store/store.js';
import { append, batchOf, EVERYTHING, message } from '../../harness/append.js';
import { type PostgresCluster, startCluster } from '../../harness/postgres/cluster.js';
import { until } from '../../harness/postgres/postgres-node.js';
import { startTcpProxy, type TcpProxy } from '../../harness/tcp-proxy.js';
import { StoreRig } from '../store-rig.js';

/** As quick as faults shall be noticed here. */
const limits = { answerMs: 1_500, firstWriteMs: 1_500, connectMs: 1_000, waitMs: 1_000 };

let cluster: PostgresCluster;
let proxy: TcpProxy;
let rig: StoreRig;
let epoch: string;
let database: Database;
let store: PostgresStore;

before(async () => {
  cluster = await startCluster();
  const url = (await cluster.newDatabase())[0] as string;
  rig = await StoreRig.open(url, { isSingleNode: false });
  proxy = await startTcpProxy(cluster.primary.port);
});
beforeEach(async () => {
  await proxy.heal();
  epoch = await rig.reset();
  const url = rig.url.replace(`:${cluster.primary.port}/`, `:${proxy.port}/`);
  database = await rig.another(epoch, { url, isSingleNode: false, limits, application: 'im-faults' });
  store = rig.store(epoch, { database });
});
after(async () => {
  proxy?.close();
  await database?.close();
  await rig?.close();
  await cluster?.remove();
});

const stored = async () => (await rig.store(epoch).read('bob', 0, EVERYTHING)).map(({ id }) => id);

/** Sessions of the store that wait for a standby. */
const waiting = async (): Promise<readonly number[]> => {
  const sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'im-faults' AND wait_event = 'SyncRep'";
  return (await cluster.primary.query<{ pid: number }>(sql)).map(({ pid }) => pid);
};

test('an answer that is lost: the batch is repeated, and each message is stored once', async () => {
  await append(store, message('a'));
  proxy.blackHole('toClient');
  const appending = store.append(batchOf(['b', 'c'].map((id) => message(id))));
  // The lock is taken: the database does what it is asked for, and cannot tell.
  await until(
    'the store looks for another connection',
    async () => proxy.connections !== 1 || (await stored()).length > 1,
  );
  proxy.reset();
  await proxy.heal();
  assert.deepEqual(await appending, [
    { outcome: 'stored', seq: 2 },
    { outcome: 'stored', seq: 3 },
  ]);
  assert.deepEqual(await stored(), ['a', 'b', 'c']);
});

test('a commit whose wait for the standbys is terminated is not believed: it is repeated until they have it', async () => {
  const { fence } = await store.claim('alice', { device: 'laptop', copies: true });
  assert.ok(fence > 0);
  await append(store, message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const appending = append(store, message('b', { device: 'phone' }));
  let isDone = false;
  void appending.then(() => {
    isDone = true;
  });
  await until('the commit waits', async () => (await waiting()).length > 0);
  const [pid] = await waiting();
  await cluster.primary.query('SELECT pg_terminate_backend($1)', [pid]);
  await until('it is repeated, and waits again', async () => (await waiting()).some((other) => other !== pid));
  assert.equal(isDone, false);
  for (const standby of cluster.standbys) standby.thaw();
  assert.deepEqual(
    await appending,
    { outcome: 'stored', seq: 2, copied: true },
    'what the first try has stored counts',
  );
  assert.deepEqual(await stored(), ['a', 'b']);
});

test('a wait that an operator cancels is not believed either', async () => {
  const { fence } = await store.claim('bob');
  for (const id of ['a', 'b']) await append(store, message(id));
  for (const standby of cluster.standbys) standby.freeze();
  const settling = store.settle('bob', 2, fence);
  await until('the commit waits', async () => (await waiting()).length > 0);
  const [pid] = await waiting();
  await cluster.primary.query('SELECT pg_cancel_backend($1)', [pid]);
  await until('it waits again', async () => (await waiting()).length > 0);
  for (const standby of cluster.standbys) standby.thaw();
  const settled = await settling;
  assert.deepEqual(
    settled.outcome === 'settled' && settled.messages.map(({ id }) => id),
    ['a', 'b'],
    'the senders are told, although the first try moved the cursor',
  );
});

test('a call that only finds duplicates waits for the standbys as well', async () => {
  await append(store, message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const again = append(store, message('a'));
  const finding = store.find('carol', 'alice', ['a']);
  await until('the duplicate waits', async () => (await waiting()).length > 0);
  for (const standby of cluster.standbys) standby.thaw();
  assert.equal((await again).outcome, 'duplicate');
  await finding;
});

test('a session reads from another server nothing that is not on the standbys yet', async () => {
  const { fence } = await store.claim('bob');
  const other = rig.store(epoch);
  await append(other, message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const reading = store.read('bob', 0, EVERYTHING, { device: 'main', fence });
  await until('the read waits', async () => (await waiting()).length > 0);
  for (const standby of cluster.standbys) standby.thaw();
  assert.deepEqual(
    (await reading).map(({ id }) => id),
    ['a'],
  );
});

test('a read whose wait for the standbys is terminated is repeated', async () => {
  const { fence } = await store.claim('bob');
  await append(rig.store(epoch), message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const reading = store.read('bob', 0, EVERYTHING, { device: 'main', fence });
  await until('the read waits', async () => (await waiting()).length > 0);
  const [pid] = await waiting();
  await cluster.primary.query('SELECT pg_terminate_backend($1)', [pid]);
  for (const standby of cluster.standbys) standby.thaw();
  assert.deepEqual(
    (await reading).map(({ id }) => id),
    ['a'],
  );
});

test('a database that is away: messages wait for it, a read and an operator do not', async () => {
  const { fence } = await store.claim('bob');
  proxy.refuse();
  proxy.reset();
  const appending = append(store, message('a'));
  await assert.rejects(store.read('bob', 0, EVERYTHING, { device: 'main', fence }), StoreUnavailable);
  await assert.rejects(store.purge('bob', [1], 1), StoreUnavailable);
  await proxy.heal();
  assert.deepEqual(await appending, { outcome: 'stored', seq: 1 });
});

test('while there are no standbys, the database is not filled with sessions that wait for them', async () => {
  await append(store, message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const users = ['bob', 'carol', 'dave', 'erin', 'frank'];
  const appending = users.map((to) => append(store, message('b', { to })));
  // Each lane gives up its commit once, and from then on one connection is tried for all.
  await until('the store looks for other connections', async () => (await waiting()).length > 1);
  const before = (await waiting()).length;
  await assert.rejects(store.purge('bob', [1], 1));
  await assert.rejects(store.purge('bob', [1], 1));
  assert.ok((await waiting()).length <= POSTGRES_STORE.lanes + 2, `${before} wait`);
  for (const standby of cluster.standbys) standby.thaw();
  const outcomes = (await Promise.all(appending)).map(({ outcome }) => outcome);
  assert.deepEqual(
    outcomes,
    users.map(() => 'stored'),
  );
});

test('the end of a store gives up what the database does not answer', async () => {
  await append(store, message('a'));
  for (const standby of cluster.standbys) standby.freeze();
  const appending = append(store, message('b'));
  await until('the commit waits', async () => (await waiting()).length > 0);
  const closing = store.close();
  await assert.rejects(appending, OutcomeUnknown);
  await closing;
  for (const standby of cluster.standbys) standby.thaw();
});

// The last one: there is another primary afterwards.
test('nothing is asked of an old primary when there is a new one', async () => {
  const [old] = cluster.nodes;
  const { pathname } = new URL(rig.url);
  const urls = cluster.nodes.map((node) => new URL(node.urlOf(pathname.slice(1))));
  const hosts = urls.map(({ host }) => host).join(',');
  const several = rig.url.replace(new URL(rig.url).host, hosts);
  const moved = await rig.another(epoch, { url: several, isSingleNode: false, limits });
  const where = { text: 'SELECT inet_server_port() AS port' };
  assert.deepEqual(await Promise.all([moved.query(where), moved.query(where)]), [
    [{ port: old?.port }],
    [{ port: old?.port }],
  ]);
  const promoted = await cluster.promote({ old: 'leave' });
  await new Promise<void>((resolve) =>
    moved.listen({ channels: [], onNotification: () => undefined, onConnected: resolve }),
  );
  assert.deepEqual(await Promise.all([moved.query(where), moved.query(where)]), [
    [{ port: promoted.port }],
    [{ port: promoted.port }],
  ]);
  await moved.close();
});
