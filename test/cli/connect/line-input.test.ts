import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonLine, readLine } from '../../../src/cli/connect/line-input.js';

test('a line says to whom it goes, or goes to whom /to named', () => {
  assert.deepEqual(readLine('bob: hi', undefined), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(readLine('/to bob', undefined), { type: 'to', to: 'bob' });
  assert.deepEqual(readLine('hi', 'bob'), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(readLine('/to', 'bob'), { type: 'to', to: undefined });
});

test('with /to, a line that looks addressed is not: nothing goes to anyone by surprise', () => {
  assert.deepEqual(readLine('note: buy milk', 'bob'), { type: 'send', to: 'bob', body: 'note: buy milk' });
});

test('without /to, a line that names nobody goes to nobody', () => {
  for (const line of ['hi', 'Bob: hi', 'http://example.org', ': hi', '//bob: hi']) {
    assert.equal(readLine(line, undefined).type, 'wrong', line);
  }
});

test('slash commands, and a way to send a slash', () => {
  assert.deepEqual(readLine('/quit', 'bob'), { type: 'quit' });
  assert.deepEqual(readLine(' ', 'bob'), { type: 'nothing' });
  assert.deepEqual(readLine('/help', 'bob'), { type: 'help' });
  assert.deepEqual(readLine('//quit', 'bob'), { type: 'send', to: 'bob', body: '/quit' });
  assert.deepEqual(readLine('bob: /quit', undefined), { type: 'send', to: 'bob', body: '/quit' });
  for (const line of ['/quti', '/to Bob', '/to bob carol']) assert.equal(readLine(line, 'bob').type, 'wrong', line);
});

test('a line of JSON is one message', () => {
  assert.deepEqual(readJsonLine('{"to":"bob","body":"hi"}'), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(readJsonLine('{"to":"bob","body":"","id":"7"}'), { type: 'send', to: 'bob', body: '', id: '7' });
  for (const line of [
    'hi',
    '[]',
    '{"body":"hi"}',
    '{"to":"Bob","body":"hi"}',
    '{"to":"bob"}',
    '{"to":"bob","body":"","x":1}',
  ]) {
    assert.equal(readJsonLine(line).type, 'wrong', line);
  }
});
