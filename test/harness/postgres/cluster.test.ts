/** The cluster of the harness keeps what PostgreSQL promises: a commit waits for a standby, and survives the death of its primary. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCluster } from './cluster.js';
import { type PostgresNode, until, withClient } from './postgres-node.js';

const cluster = await startCluster({ proxied: true });
after(() => cluster.remove());
const [a, b, c] = cluster.nodes as [PostgresNode, PostgresNode, PostgresNode];
const urls = await cluster.newDatabase();
const urlAt = (node: PostgresNode): string => urls[cluster.nodes.indexOf(node)] as string;
await withClient(urlAt(a), (client) => client.query('CREATE TABLE t (i int)'));

/** Resolves when the row is committed. */
const insert = (at: PostgresNode, i: number): Promise<void> =>
  withClient(urlAt(at), async (client) => void (await client.query('INSERT INTO t VALUES ($1)', [i])));

const rows = (at: PostgresNode): Promise<number[]> =>
  withClient(urlAt(at), async (client) => (await client.query('SELECT i FROM t ORDER BY i')).rows.map(({ i }) => i));

/** Resolves when a commit waits for the standbys. */
const isWaiting = (at: PostgresNode): Promise<void> =>
  until('a commit waits', async () => {
    const sql = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'";
    return (await at.query(sql)).length > 0;
  });

test('one standby is enough for a commit, and with none it waits', async () => {
  b.freeze();
  await insert(a, 1);
  c.freeze();
  const second = insert(a, 2);
  await isWaiting(a);
  b.thaw();
  await second;
  c.thaw();
});

test('no promotion while one standby cannot be asked: it may have what the other has not', async () => {
  b.freeze();
  await assert.rejects(cluster.promote(), /b is frozen/);
  b.thaw();
  assert.equal(a.state, 'running');
});

test('the primary is killed: the most advanced standby takes its place with every row, and the other follows it', async () => {
  cluster.link(b).blackHole('toClient');
  await insert(a, 3);
  await a.kill();
  cluster.link(b).reset(); // what was held is lost
  await cluster.link(b).heal();
  assert.deepEqual(await rows(b), [1, 2]);
  assert.equal(await cluster.promote(), c);
  assert.deepEqual(await rows(c), [1, 2, 3]);
  await insert(c, 4);
  assert.deepEqual(cluster.standbys, [b]);
});

test('an old primary comes back as a standby, without what it alone had', async () => {
  await cluster.rejoin(a);
  assert.deepEqual(cluster.standbys, [a, b]);
  b.freeze();
  await insert(c, 5); // a confirms it
  b.thaw();
});

test('split: commits at the old primary wait for ever, and those at the new one are acknowledged', async () => {
  const promoted = await cluster.promote({ old: 'leave' });
  assert.notEqual(promoted, c);
  const lost = assert.rejects(insert(c, 6));
  await isWaiting(c);
  await insert(promoted, 7);
  await c.kill();
  await lost;
  assert.deepEqual(await rows(promoted), [1, 2, 3, 4, 5, 7]);
});
