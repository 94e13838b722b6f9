/** Which addresses leave the machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isClearText, isLoopback } from '../../src/io/loopback.js';

test('ws: to another machine is clear text; ws: to this one and wss: are not', () => {
  for (const url of [
    'ws://chat.example',
    'ws://192.0.2.7:4690',
    'WS://chat.example',
    'ws://127.0.0.1.example',
    'ws://[2001:db8::1]',
  ])
    assert.ok(isClearText(url), url);
  for (const url of ['ws://localhost.example', 'ws://user:pw@chat.example']) assert.ok(isClearText(url), url);
  for (const url of [
    'ws://localhost',
    'ws://LOCALHOST:1',
    'ws://127.0.0.1:1',
    'ws://127.9.9.9',
    'ws://127.1',
    'ws://[::1]:1',
  ])
    assert.ok(!isClearText(url), url);
  for (const url of ['ws://0.0.0.0:1', 'ws://[::]:1', 'wss://chat.example', 'wss://192.0.2.7'])
    assert.ok(!isClearText(url), url);
});

test('a server on all addresses is reached from other machines', () => {
  for (const host of ['127.0.0.1', '::1', 'localhost', '127.0.0.2']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '192.0.2.7', '127.example', '1127.0.0.1']) assert.ok(!isLoopback(host), host);
});
