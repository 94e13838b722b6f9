import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { type SourceItem, type StdinMode, sourceItems } from '../../../src/cli/send/message-source.js';
import { WIRE } from '../../../src/protocol/limits.js';

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const read = async (mode: StdinMode, text: string, targets = ['bob']): Promise<SourceItem[]> =>
  (await Readable.from(sourceItems({ targets, body: undefined, id: undefined, mode }, bytesOf(text))).toArray()).flat();

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

test('all: everything is one message; empty input is wrong usage', async () => {
  assert.deepEqual(await read('all', 'a\nb\n'), [{ body: 'a\nb', line: 1 }]);
  await assert.rejects(read('all', ''), (error) => error instanceof Failure && error.exit === 'usage');
});

test('jsonl: each line is an object with a body, and an id if its sender chose one', async () => {
  const [first, second] = await read('jsonl', '{"body":"a\\u0000\\nb"}\n{"body":"c","id":"4f"}\n');
  assert.deepEqual(first, { body: 'a\0\nb', line: 1 });
  assert.deepEqual(second, { body: 'c', id: '4f', line: 2 });
});

test('jsonl: a line that cannot be sent has its problem, and the lines after it are read', async () => {
  const wrong: [string, RegExp][] = [
    ['{', /not JSON/],
    ['[]', /not a JSON object/],
    ['{}', /no body/],
    ['{"body":1}', /no body/],
    ['{"body":"","to":"bob"}', /has a "to", but/],
    ['{"body":"","id":"a b"}', /id/],
    ['{"body":"\\ud800"}', /surrogate/],
    [JSON.stringify({ body: 'x'.repeat(WIRE.maxBodyBytes + 1) }), /longer/],
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

test('jsonl: without targets on the command line each line names its own', async () => {
  const [named, unnamed] = await read('jsonl', '{"to":"bob","body":"a"}\n{"body":"b"}\n', []);
  assert.deepEqual(named, { to: 'bob', body: 'a', line: 1 });
  assert.match(unnamed && 'problem' in unnamed ? unnamed.problem : '', /has no "to"/);
});

test('jsonl: a line with an id is refused when there are several targets', async () => {
  const [item] = await read('jsonl', '{"body":"a","id":"x"}', ['bob', 'carol']);
  assert.match(item && 'problem' in item ? item.problem : '', /several targets/);
});

test('a body of the maximum size is accepted, one byte more is not', async () => {
  assert.deepEqual(await read('lines', 'x'.repeat(WIRE.maxBodyBytes)), [
    { body: 'x'.repeat(WIRE.maxBodyBytes), line: 1 },
  ]);
  const [item] = await read('all', 'x'.repeat(WIRE.maxBodyBytes + 1));
  assert.ok(item && 'problem' in item);
  const controls = '\\u0000'.repeat(WIRE.maxBodyBytes);
  assert.deepEqual(await read('jsonl', `{"body":"${controls}"}`), [{ body: '\0'.repeat(WIRE.maxBodyBytes), line: 1 }]);
});
