import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonLine, parseLine } from '../../../src/cli/connect/line-input.js';
import { EN } from '../../../src/tui/texts/en.js';

test('a line goes to the user it names, or to the one that /to named', () => {
  assert.deepEqual(parseLine('bob: hi', undefined, EN.line), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(parseLine('/to bob', undefined, EN.line), { type: 'to', to: 'bob' });
  assert.deepEqual(parseLine('hi', 'bob', EN.line), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(parseLine('/to', 'bob', EN.line), { type: 'to', to: undefined });
});

test('after /to, a line that begins with a name goes to the target of /to all the same', () => {
  assert.deepEqual(parseLine('note: buy milk', 'bob', EN.line), { type: 'send', to: 'bob', body: 'note: buy milk' });
});

test('without /to, a line that names no user is invalid', () => {
  for (const line of ['hi', 'Bob: hi', 'http://example.org', ': hi', '//bob: hi']) {
    assert.equal(parseLine(line, undefined, EN.line).type, 'invalid', line);
  }
});

test('/quit, /help and /to are commands; //text sends /text', () => {
  assert.deepEqual(parseLine('/quit', 'bob', EN.line), { type: 'quit' });
  assert.deepEqual(parseLine(' ', 'bob', EN.line), { type: 'empty' });
  assert.deepEqual(parseLine('/help', 'bob', EN.line), { type: 'help' });
  assert.deepEqual(parseLine('//quit', 'bob', EN.line), { type: 'send', to: 'bob', body: '/quit' });
  assert.deepEqual(parseLine('bob: /quit', undefined, EN.line), { type: 'send', to: 'bob', body: '/quit' });
  for (const line of ['/quti', '/to Bob', '/to bob carol'])
    assert.equal(parseLine(line, 'bob', EN.line).type, 'invalid', line);
});

test('/block and /unblock take a name; /block alone asks for the list', () => {
  assert.deepEqual(parseLine('/block', 'bob', EN.line), { type: 'blocking', action: 'list' });
  assert.deepEqual(parseLine('/block bob ', undefined, EN.line), { type: 'blocking', action: 'block', name: 'bob' });
  assert.deepEqual(parseLine('/unblock bob', 'bob', EN.line), { type: 'blocking', action: 'unblock', name: 'bob' });
  for (const line of ['/unblock', '/block Bob', '/block bob carol', '/blocks bob'])
    assert.equal(parseLine(line, 'bob', EN.line).type, 'invalid', line);
});

test('a line of JSON is one message, or invalid', () => {
  assert.deepEqual(parseJsonLine('{"to":"bob","body":"hi"}'), { type: 'send', to: 'bob', body: 'hi' });
  assert.deepEqual(parseJsonLine('{"to":"bob","body":"","id":"7"}'), { type: 'send', to: 'bob', body: '', id: '7' });
  for (const line of [
    'hi',
    '[]',
    '{"body":"hi"}',
    '{"to":"Bob","body":"hi"}',
    '{"to":"bob"}',
    '{"to":"bob","body":"","x":1}',
  ]) {
    assert.equal(parseJsonLine(line).type, 'invalid', line);
  }
});
