import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { messagesOf, type SourceItem, type StdinMode } from '../../../src/cli/send/message-source.js';

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const read = async (mode: StdinMode, text: string, targets = ['bob']): Promise<SourceItem[]> =>
  (await Readable.from(messagesOf({ targets, body: undefined, id: undefined, mode }, bytesOf(text))).toArray()).flat();

test('lines: each line is a message, an empty one too', async () => {
  assert.deepEqual(await read('lines', 'a\n\nb'), [
    { body: 'a', line: 1 },
    { body: '', line: 2 },
    { body: 'b', line: 3 },
  ]);
  assert.deepEqual(await read('lines', ''), []);
});

test('lines: CRLF ends a line as LF does', async () => {
  const bodies = (await read('lines', 'a\r\n\r\nb\rc\r\r\nd\r')).map((item) => 'body' in item && item.body);
  assert.deepEqual(bodies, ['a', '', 'b\rc\r', 'd']);
});

test('all: everything is one message, and nothing is a mistake', async () => {
  assert.deepEqual(await read('all', 'a\nb\n'), [{ body: 'a\nb', line: 1 }]);
  await assert.rejects(read('all', ''), (error) => error instanceof Failure && error.exit === 'usage');
});

test('jsonl: each line is an object with a body, and an id if its sender chose one', async () => {
  const [first, second] = await read('jsonl', '{"body":"a\\u0000\\nb"}\n{"body":"c","id":"4f"}\n');
  assert.deepEqual(first, { body: 'a\0\nb', line: 1 });
  assert.deepEqual(second, { body: 'c', id: '4f', line: 2 });
});

test('jsonl: what cannot be sent is said with its line, and the lines after it are read', async () => {
  const wrong: [string, RegExp][] = [
    ['{', /not JSON/],
    ['[]', /not a JSON object/],
    ['{}', /no body/],
    ['{"body":1}', /no body/],
    ['{"body":"","to":"bob"}', /names a target/],
    ['{"body":"","id":"a b"}', /id/],
    ['{"body":"\\ud800"}', /surrogate/],
    [JSON.stringify({ body: 'x'.repeat(65_537) }), /longer/],
  ];
  const items = await read('jsonl', `${wrong.map(([line]) => line).join('\n')}\n{"body":"good"}\n`);
  for (const [index, [line, problem]] of wrong.entries()) {
    const item = items[index];
    assert.ok(item && 'problem' in item, line);
    assert.match(item.problem, problem);
    assert.equal(item.line, index + 1);
  }
  assert.deepEqual(items.at(-1), { body: 'good', line: wrong.length + 1 });
});

test('jsonl: without a target elsewhere each line names its own', async () => {
  const [named, unnamed] = await read('jsonl', '{"to":"bob","body":"a"}\n{"body":"b"}\n', []);
  assert.deepEqual(named, { to: 'bob', body: 'a', line: 1 });
  assert.match(unnamed && 'problem' in unnamed ? unnamed.problem : '', /names no target/);
});

test('an id is that of one message', async () => {
  const [item] = await read('jsonl', '{"body":"a","id":"x"}', ['bob', 'carol']);
  assert.match(item && 'problem' in item ? item.problem : '', /several targets/);
});

test('a body of 64 KiB can be sent, one byte more is refused here', async () => {
  assert.deepEqual(await read('lines', 'x'.repeat(65_536)), [{ body: 'x'.repeat(65_536), line: 1 }]);
  const [item] = await read('all', 'x'.repeat(65_537));
  assert.ok(item && 'problem' in item);
  const controls = '\\u0000'.repeat(65_536);
  assert.deepEqual(await read('jsonl', `{"body":"${controls}"}`), [{ body: '\0'.repeat(65_536), line: 1 }]);
});
