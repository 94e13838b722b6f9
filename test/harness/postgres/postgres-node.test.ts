/** A single server of the harness: durable, as another account than root, with faults, and gone with whoever started it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { start } from '../process.js';
import { startPostgres, until, withClient } from './postgres-node.js';
import { byCommandLine, processesBelow } from './processes.js';

const node = await startPostgres();
after(() => node.remove());

test('it is as durable and as strict as a server for im has to be, and not of root', async () => {
  const durable = ['fsync', 'full_page_writes', 'synchronous_commit'];
  for (const name of durable) assert.deepEqual(await node.query(`SHOW ${name}`), [{ [name]: 'on' }]);
  const [row] = await node.query('SELECT getdatabaseencoding() AS encoding, datcollate FROM pg_database');
  assert.deepEqual(row, { encoding: 'UTF8', datcollate: 'C' });
  assert.notEqual((await stat(node.dataFolder)).uid, 0);
  const stranger = withClient(node.url.replace(/:[0-9a-f]+@/, ':wrong@'), () => assert.fail());
  await assert.rejects(stranger, /password authentication failed/);
});

test('each database is empty, and the role of im owns it without being a superuser', async () => {
  const [one, other] = [await node.newDatabase(), await node.newDatabase()];
  await withClient(one, async (client) => {
    await client.query('CREATE TABLE t ()');
    const { rows } = await client.query(
      'SELECT current_user::text AS name, usesuper FROM pg_user WHERE usename = current_user',
    );
    assert.deepEqual(rows, [{ name: 'im', usesuper: false }]);
  });
  await withClient(other, (client) => client.query('CREATE TABLE t ()'));
});

test('committed rows survive a kill of all processes and an immediate stop; port and URL stay', async () => {
  const url = await node.newDatabase();
  await withClient(url, (client) => client.query('CREATE TABLE t AS SELECT 1 AS i'));
  await node.kill();
  assert.equal(node.state, 'stopped');
  assert.deepEqual(processesBelow(dirname(node.dataFolder)), []);
  await node.start();
  await withClient(url, (client) => client.query('INSERT INTO t VALUES (2)'));
  await node.restart('immediate');
  await withClient(url, async (client) => assert.equal((await client.query('SELECT FROM t')).rowCount, 2));
});

test('a frozen server accepts connections and answers later', async () => {
  node.freeze();
  assert.equal(node.state, 'frozen');
  let isAnswered = false;
  const answer = node.query('SELECT 1 AS one').finally(() => {
    isAnswered = true;
  });
  const socket = connect(node.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  assert.equal(isAnswered, false);
  node.thaw();
  assert.deepEqual(await answer, [{ one: 1 }]);
});

test('settings: a reload is done when it resolves, and they outlive a restart', async () => {
  const workMem = () => node.query('SHOW work_mem');
  await node.configure({ work_mem: '5MB' });
  assert.deepEqual(await workMem(), [{ work_mem: '5MB' }]);
  await node.restart();
  assert.deepEqual(await workMem(), [{ work_mem: '5MB' }]);
  await node.stop();
  await node.configure({ work_mem: "it's" });
  await assert.rejects(node.start(), /ended without .*\n[\s\S]*invalid value for parameter "work_mem": "it's"/);
  await node.configure({ work_mem: '4MB' });
  await node.start();
});

test('both ways to find its processes find the same', { skip: !existsSync('/bin/ps') && 'there is no ps' }, () => {
  const folder = dirname(node.dataFolder);
  node.freeze(); // no process begins or ends meanwhile
  assert.ok(processesBelow(folder).length > 3);
  assert.deepEqual(byCommandLine(folder).sort(), processesBelow(folder).sort());
  node.thaw();
});

test('a killed test leaves no server, not even a frozen one, and no folder', async (t) => {
  const { child, line, finished } = start(t, [join(import.meta.dirname, 'abandoned.js')], {
    program: process.execPath,
  });
  const place = dirname(dirname(await line('/data')));
  assert.ok(processesBelow(place).length > 3);
  child.kill('SIGKILL');
  await finished;
  await until('the folder is gone', async () => !existsSync(place));
  assert.deepEqual(processesBelow(place), []);
});
