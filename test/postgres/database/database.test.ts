/** Connections: which host is used, which settings are refused, and migrations with programs of two versions. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../src/io/clock.js';
import { silentLog } from '../../../src/io/log.js';
import { Database, type DatabaseOptions } from '../../../src/postgres/database/database.js';
import { hostsOf } from '../../../src/postgres/database/database-hosts.js';
import { expectSchema, type Migration, migrate, readSchema } from '../../../src/postgres/schema/migrations.js';
import { StoreUnavailable } from '../../../src/store/store.js';
import { freePort } from '../../harness/free-port.js';
import { type PostgresNode, type Settings, startPostgres } from '../../harness/postgres/postgres-node.js';

let node: PostgresNode;
const open: Database[] = [];

before(async () => {
  node = await startPostgres();
});
after(async () => {
  await Promise.all(open.map((database) => database.close()));
  await node?.remove();
});

function databaseOf(url: string, options: Partial<DatabaseOptions> = {}): Database {
  const limits = { waitMs: 300, firstWriteMs: 500 };
  const database = new Database({ url, isSingleNode: true, clock: systemClock, log: silentLog, limits, ...options });
  open.push(database);
  return database;
}

test('the address of a database has one or more hosts', () => {
  const hosts = hostsOf('postgresql://im:secret@one,two:6000/im?sslmode=require&target_session_attrs=read-write');
  assert.deepEqual(hosts, [
    { where: 'one:5432/im', url: 'postgresql://im:secret@one:5432/im?sslmode=require' },
    { where: 'two:6000/im', url: 'postgresql://im:secret@two:6000/im?sslmode=require' },
  ]);
  assert.deepEqual(hostsOf('postgres://[::1]:5433/im')[0]?.where, '[::1]:5433/im');
  for (const url of ['', 'mysql://one/im', 'postgresql://', 'postgresql:///im'])
    assert.throws(() => hostsOf(url), { name: 'DatabaseRefused', message: /postgresql:\/\/im@/ });
  assert.throws(
    () => hostsOf('postgres//im:secret@one/im'),
    ({ message }: Error) => !message.includes('secret'),
  );
});

test('the first host that answers is used', async () => {
  const url = await node.newDatabase();
  const database = databaseOf(url.replace('127.0.0.1:', `127.0.0.1:${await freePort()},127.0.0.1:`));
  assert.deepEqual(await database.query({ text: 'SELECT 1 AS one' }), [{ one: 1 }]);
  const away = databaseOf(`postgresql://im:secret@127.0.0.1:${await freePort()}/im`);
  await assert.rejects(away.query({ text: 'SELECT 1' }), ({ name, message }: Error) => {
    return name === 'StoreUnavailable' && /127\.0\.0\.1/.test(message) && !message.includes('secret');
  });
});

test('a database that could lose what was stored is refused, and told why', async () => {
  const url = await node.newDatabase();
  await assert.rejects(databaseOf(url, { isSingleNode: false }).open(), {
    name: 'DatabaseRefused',
    message: /single-node/,
  });
  const running = databaseOf(url);
  await running.open();
  const unsafe: readonly Settings[] = [{ fsync: 'off' }, { full_page_writes: 'off' }, { synchronous_commit: 'local' }];
  for (const settings of unsafe) {
    const [name = ''] = Object.keys(settings);
    await node.configure(settings);
    await assert.rejects(databaseOf(url).open(), { name: 'DatabaseRefused', message: new RegExp(`^${name} is `) });
    // The sessions that are open get it a moment later.
    await assert.rejects(
      async () => {
        for (;;) await running.transaction(async (transaction) => transaction.write({ text: 'SELECT 1' }));
      },
      (error: Error) => error instanceof StoreUnavailable && error.message.includes(`${name} is`),
    );
    await node.configure({ [name]: 'on' });
  }
  await node.query("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 OWNER im");
  await assert.rejects(databaseOf(node.urlOf('ascii')).open(), { name: 'DatabaseRefused', message: /UTF8/ });
});

test('a standby that is named but not there: nothing is promised', async () => {
  const url = await node.newDatabase();
  await node.configure({ synchronous_standby_names: 'nobody' });
  await assert.rejects(databaseOf(url, { isSingleNode: false }).open(), /no standby has confirmed a write/);
  await node.configure({ synchronous_standby_names: '' });
});

test('a transaction is all or nothing, and says what failed', async () => {
  const database = databaseOf(await node.newDatabase());
  await database.query({ text: 'CREATE TABLE t (n int PRIMARY KEY)' });
  const insert = { name: 'insert', text: 'INSERT INTO t VALUES ($1)' };
  const twice = database.transaction(async (transaction) => {
    for (const value of [1, 2, 1, 3]) transaction.write(insert, [value]);
  });
  await assert.rejects(twice, { code: '23505' });
  await assert.rejects(
    database.transaction(async (transaction) => {
      transaction.write(insert, [7]);
      throw new Error('changed its mind');
    }),
    /changed its mind/,
  );
  assert.deepEqual(await database.query({ text: 'SELECT n FROM t' }), []);
  await database.transaction(async (transaction) => transaction.write(insert, [1]));
  assert.deepEqual(await database.query({ text: 'SELECT n FROM t' }), [{ n: 1 }]);
});

test('notices arrive, and after a lost connection it listens again', async () => {
  const database = databaseOf(await node.newDatabase());
  await database.open();
  const events: string[] = [];
  let wake = (): void => undefined;
  const next = async (event: string): Promise<void> => {
    while (!events.includes(event)) await new Promise<void>((resolve) => (wake = resolve));
    events.splice(events.indexOf(event), 1);
  };
  const told = (event: string) => {
    events.push(event);
    wake();
  };
  const listener = database.listen({
    channels: ['one', 'Two"'],
    onNotification: (channel, payload) => told(`${channel}: ${payload}`),
    onConnected: () => told('connected'),
  });
  const notify = (...values: readonly string[]) =>
    listener.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)' }, values);
  await next('connected');
  await notify('Two"', "it's");
  await next('Two": it\'s');
  await node.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_notify%' AND pid <> pg_backend_pid()",
  );
  await next('connected');
  await notify('one', 'again');
  await next('one: again');
  listener.close();
});

const expand = (number: number, sql = ''): Migration => ({ number, kind: 'expand', what: 'more', sql });
const TABLES = expand(1, 'CREATE TABLE server (id text, schema int, lease_until timestamptz)');

test('migrations are applied once, whoever applies them', async () => {
  const url = await node.newDatabase();
  const migrations = [TABLES, expand(2, 'CREATE TABLE second (n int)')];
  const both = await Promise.all([databaseOf(url), databaseOf(url)].map((database) => migrate(database, migrations)));
  assert.deepEqual(both[0], both[1]);
  assert.deepEqual(await readSchema(databaseOf(url)), { ...both[0], schema: 2, oldest: 1 });
});

test('a server of the older version goes on after an expansion, and keeps a contraction from happening', async () => {
  const url = await node.newDatabase();
  const older = databaseOf(url);
  const newer = databaseOf(url);
  assert.equal(await readSchema(older), undefined);
  const schema = await migrate(older, [TABLES]);
  older.expect(expectSchema(schema, 1));
  const works = (database: Database) => database.transaction((transaction) => transaction.query({ text: 'SELECT 1' }));
  await migrate(newer, [TABLES, expand(2)]);
  await works(older);
  assert.equal((await migrate(older, [TABLES])).schema, 2, 'an older program changes nothing');

  const contract: Migration = {
    number: 3,
    kind: 'contract',
    what: 'what the old version used',
    sql: 'CREATE TABLE third (n int)',
  };
  const all = [TABLES, expand(2), contract];
  await newer.query({ text: "INSERT INTO server VALUES ('old', 2, clock_timestamp() + '1 minute')" });
  await assert.rejects(migrate(newer, all), { name: 'DatabaseRefused', message: /1 older servers/ });
  await newer.query({ text: 'DELETE FROM server' });
  assert.deepEqual(await migrate(newer, all), { ...schema, schema: 3, oldest: 3 });
  await assert.rejects(works(older), /does not know/);
  await assert.rejects(migrate(older, [TABLES]), { name: 'DatabaseRefused', message: /schema 3/ });
});

test('a database that contains another store is not written to', async () => {
  const database = databaseOf(await node.newDatabase());
  const schema = await migrate(database, [TABLES], 'the epoch');
  assert.equal(schema.epoch, 'the epoch');
  database.expect(expectSchema(schema, 1));
  await database.query({ text: "UPDATE meta SET epoch = 'of another store'" });
  await assert.rejects(
    database.transaction(async (transaction) => transaction.write({ text: 'CREATE TABLE x (n int)' })),
    /another store/,
  );
  assert.deepEqual(await database.query({ text: "SELECT to_regclass('x')::text AS x" }), [{ x: null }]);
});
