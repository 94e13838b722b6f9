import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { findServer, fromHere, keyOfUrl, provenBy } from '../../../src/cli/login/server-address.js';
import { acquireLock } from '../../../src/disk/lock.js';
import { createFakeClock } from '../../harness/fake-clock.js';

const data = '/home/a/.local/share/im';
const nothing = { url: undefined, lastUrl: undefined, id: undefined };
const running = { url: 'ws://127.0.0.1:5000', lastUrl: 'ws://127.0.0.1:5000', id: 'e1' };
const stopped = { url: undefined, lastUrl: 'ws://127.0.0.1:5000', id: 'e1' };

test('a server that runs on the data folder is found there', () => {
  assert.deepEqual(findServer(undefined, data, running), { url: running.url, key: 'store-e1', data });
  assert.deepEqual(findServer(running.url, data, running), { url: running.url, key: 'store-e1', data });
});

test('the URL of another server does not use the data folder', () => {
  const url = 'wss://chat.example';
  assert.deepEqual(findServer(url, data, running), { url, key: 'chat.example_443', data: undefined });
});

test('a server that listens on all addresses is reached at the loopback address, also by the URL that it printed', () => {
  const table: [string, string][] = [
    ['wss://0.0.0.0:5000', 'wss://127.0.0.1:5000'],
    ['ws://[::]:5000', 'ws://[::1]:5000'],
    ['wss://192.0.2.7:5000', 'wss://192.0.2.7:5000'],
    ['wss://0.0.0.0.example', 'wss://0.0.0.0.example'],
  ];
  for (const [url, here] of table) assert.equal(fromHere(url), here);
  assert.equal(findServer('ws://0.0.0.0:5000', data, running).data, data);
});

test('a stopped server is expected at its last URL, with the same key', () => {
  const usual = 'ws://127.0.0.1:4690';
  assert.deepEqual(findServer(undefined, data, stopped), {
    url: running.url,
    key: 'store-e1',
    data: undefined,
  });
  assert.deepEqual(findServer(undefined, data, nothing), {
    url: usual,
    key: '127.0.0.1_4690',
    data: undefined,
  });
});

test('the key of any URL is a valid folder name', () => {
  const table: [string, string][] = [
    ['ws://127.0.0.1:4690', '127.0.0.1_4690'],
    ['ws://chat.example/', 'chat.example_80'],
    ['wss://chat.example:8443/im/../../x', 'chat.example_8443-x'],
    ['ws://[::1]:4690', '-::1-_4690'.replaceAll(':', '-')],
    ['wss://bücher.example', 'xn--bcher-kva.example_443'],
  ];
  for (const [url, key] of table) assert.equal(keyOfUrl(url), key);
  for (const url of ['', 'chat.example', 'http://chat.example', 'ws://']) {
    assert.throws(
      () => keyOfUrl(url),
      (error) => error instanceof Failure && error.exit === 'usage',
      url,
    );
  }
});

test('the server on a data folder proves itself by the secret there, also after a restart', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'data');
  const clock = createFakeClock();
  const [url, first, second] = ['ws://127.0.0.1:5000', 'the first secret', 'the second'];
  const knowing = (known?: string) => (secret: string) => secret === known;
  const check = provenBy(folder, url, first);
  assert.ok(await check(knowing(first)));
  assert.ok(!(await check(knowing(second))), 'there is no folder');

  const lock = await acquireLock({ folder, clock });
  assert.ok(!(await check(knowing(second))), 'it does not listen yet');
  await lock.announce(url, { secret: second });
  assert.ok(!(await check(knowing())));
  assert.ok(!(await provenBy(folder, 'ws://127.0.0.1:5001', undefined)(knowing(second))), 'not where it says');
  assert.ok(await check(knowing(second)), 'it has restarted');
  assert.ok(!(await check(knowing(first))), 'the secret of before is worth nothing now');

  await lock.announce(url);
  assert.ok(await check(knowing()), 'an older version, which listens there as it says');
  assert.ok(!(await provenBy(folder, 'ws://127.0.0.1:5001', undefined)(knowing())), 'and nowhere else');
  await lock.release();
  assert.ok(!(await check(knowing())), 'nobody holds the folder');
});
