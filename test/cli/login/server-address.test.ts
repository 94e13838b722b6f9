import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { findServer, fromHere, keyOfUrl } from '../../../src/cli/login/server-address.js';

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
