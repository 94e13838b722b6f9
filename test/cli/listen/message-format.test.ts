import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MessageFormat, parseFormat } from '../../../src/cli/listen/message-format.js';
import type { IncomingMessage } from '../../../src/client/events.js';

const message: IncomingMessage = {
  epoch: 'e',
  seq: 7,
  id: 'x-1',
  from: 'alice',
  body: 'one\ntwo\tthree',
  at: 0,
  attempt: 2,
};

const parsed = (text: string): MessageFormat => {
  const format = parseFormat(text);
  assert.ok(typeof format === 'function', text);
  return format;
};

test('fields, escapes and literal text are printed', () => {
  const table: [string, string][] = [
    ['{from}>{to} {seq} {id} {attempt} {at}', 'alice>bob 7 x-1 2 1970-01-01T00:00:00.000Z'],
    ['{from}: {body}', 'alice: one\n  | two    three'],
    ['{line}.', 'one^Jtwo    three.'],
    ['[{replay}]', '[]'],
    ['{{from}} {{{from}}}', '{from} {alice}'],
    ['{from}\\t{seq}\\n\\\\n', 'alice\t7\n\\n'],
    ['{from}\t{seq}\n', 'alice\t7\n'],
    ['来自 {from}', '来自 alice'],
    ['constructor', 'constructor'],
    ['', ''],
  ];
  for (const [format, printed] of table) assert.equal(parsed(format)(message, 'bob'), printed);
  assert.equal(parsed('{replay}')({ ...message, replay: 'r-1' }, 'bob'), 'r-1');
  assert.equal(parsed('[{re}]')(message, 'bob'), '[]');
  assert.equal(parsed('[{re}]')({ ...message, re: 'q\u001b\u202e1' }, 'bob'), '[q^[\\u{202e}1]');
});

test('an unknown field is refused, and the known ones are listed', () => {
  for (const field of ['{form}', '{}', '{constructor}', '{token}']) {
    assert.deepEqual(parseFormat(`a ${field}`), {
      problem: `unknown field ${field}; known: {from} {to} {id} {seq} {at} {attempt} {replay} {re} {body} {line}`,
    });
  }
});

test('a single brace or backslash is refused, and the error shows how to write it', () => {
  const table: [string, string][] = [
    ['a { b', 'unexpected {: to print { write {{'],
    ['a } b', 'unexpected }: to print } write }}'],
    ['{from', 'unexpected {: to print { write {{'],
    ['\\x', 'unexpected \\x: to print \\ write \\\\'],
    ['\\', 'unexpected \\: to print \\ write \\\\'],
  ];
  for (const [format, problem] of table) assert.deepEqual(parseFormat(format), { problem });
});

test('control characters of the message and of the template are escaped (R18)', () => {
  const hostile = { ...message, from: 'al\u001b[2Jice', id: '\u202e', body: '\u001b]0;x\u0007\n{from}' };
  assert.equal(
    parsed('{from} {id} {body} {line}')(hostile, 'bob'),
    'al^[[2Jice \\u{202e} ^[]0;x^G\n  | {from} ^[]0;x^G^J{from}',
  );
  assert.equal(parsed('\u001b[31m{seq}')(message, 'bob'), '^[[31m7');
});

test('on a terminal a body is wrapped behind the gutter, so that no row of it looks like a message (R18)', () => {
  const long = { ...message, body: 'x'.repeat(30) };
  assert.equal(parsed('来自 {from}: {body}')(long, 'bob', 24), `来自 alice: ${'x'.repeat(12)}\n  | ${'x'.repeat(18)}`);
  assert.equal(parsed('{from}\\n{body}')(long, 'bob', 24), `alice\n${'x'.repeat(24)}\n  | ${'x'.repeat(6)}`);
  assert.equal(parsed('a\\t{body}')(long, 'bob', 24), `a\t${'x'.repeat(15)}\n  | ${'x'.repeat(15)}`);
});
