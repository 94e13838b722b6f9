import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { readSendArguments, type SendFlags } from '../../../src/cli/send/send-arguments.js';

const read = (words: string[], to?: string[], more: Partial<SendFlags> = {}, isDashText = false) =>
  readSendArguments(words, { to, stdin: 'all', ...more }, isDashText);
const refuses = (what: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === 'usage' && what.test(error.message);

test('TO and BODY, or TO alone', () => {
  assert.deepEqual(read(['bob', 'hi']), { targets: ['bob'], body: 'hi' });
  assert.deepEqual(read(['bob', '']), { targets: ['bob'], body: '' });
  assert.deepEqual(read(['bob']), { targets: ['bob'], body: undefined });
  assert.throws(() => read([]), refuses(/missing: TO/));
  assert.throws(() => read(['Bad Name', 'hi']), refuses(/Bad Name is not a valid user name/));
});

test('with --to the only argument is BODY, also when it looks like a user; targets are deduplicated', () => {
  assert.deepEqual(read(['bob'], ['alice', 'carol', 'alice']), { targets: ['alice', 'carol'], body: 'bob' });
  assert.deepEqual(read([], ['alice']), { targets: ['alice'], body: undefined });
  assert.throws(() => read(['bob', 'hi'], ['alice']), refuses(/with --to the only argument is BODY/));
});

test('--stdin jsonl needs no target on the command line', () => {
  assert.deepEqual(read([], undefined, { stdin: 'jsonl' }), { targets: [], body: undefined });
  assert.deepEqual(read(['bob'], undefined, { stdin: 'jsonl' }), { targets: ['bob'], body: undefined });
});

test('with --exec there is no BODY', () => {
  const exec = 'make test';
  assert.deepEqual(read(['bob'], undefined, { exec }), { targets: ['bob'], body: undefined });
  assert.deepEqual(read([], ['bob'], { exec }), { targets: ['bob'], body: undefined });
  assert.throws(() => read(['bob', 'test'], undefined, { exec }), refuses(/unexpected BODY with --exec: test/));
  assert.throws(() => read([], undefined, { exec }), refuses(/missing: TO/));
});

test('with --stdin lines or jsonl there is no BODY: the input would be lost', () => {
  for (const stdin of ['lines', 'jsonl'] as const) {
    const refused = refuses(new RegExp(`unexpected BODY with --stdin ${stdin}: hi`));
    assert.throws(() => read(['bob', 'hi'], undefined, { stdin }), refused);
    assert.throws(() => read(['hi'], ['bob'], { stdin, id: 'x' }), refused);
    assert.deepEqual(read(['bob', '-'], undefined, { stdin }), { targets: ['bob'], body: undefined });
  }
});

test('--id needs exactly one message', () => {
  assert.deepEqual(read(['bob'], undefined, { id: 'x' }), { targets: ['bob'], body: undefined });
  assert.deepEqual(read(['bob'], undefined, { id: 'x', exec: 'make' }), { targets: ['bob'], body: undefined });
  assert.throws(() => read(['hi'], ['bob', 'carol'], { id: 'x' }), refuses(/--id needs exactly one message/));
  assert.throws(() => read(['bob'], undefined, { id: 'x', stdin: 'lines' }), refuses(/--id needs exactly one message/));
  assert.throws(() => read([], undefined, { id: 'x', stdin: 'jsonl' }), refuses(/--id needs exactly one message/));
  assert.throws(() => read(['bob', 'hi'], undefined, { id: 'a b' }), refuses(/printable ASCII/));
});

test('--re takes an id, also for several messages; with jsonl each line has its own', () => {
  assert.deepEqual(read(['bob', 'hi'], undefined, { re: '"q\\' }), { targets: ['bob'], body: 'hi' });
  assert.deepEqual(read(['hi'], ['bob', 'carol'], { re: 'q' }), { targets: ['bob', 'carol'], body: 'hi' });
  for (const re of ['', 'a b', 'ü', 'x'.repeat(129)])
    assert.throws(() => read(['bob', 'hi'], undefined, { re }), refuses(/--re must be an id: .*printable ASCII/));
  assert.throws(() => read([], undefined, { re: 'q', stdin: 'jsonl' }), refuses(/--re is not possible/));
});

test('a lone - is standard input, and after -- a message', () => {
  assert.deepEqual(read(['bob', '-']), { targets: ['bob'], body: undefined });
  assert.deepEqual(read(['-'], ['bob', 'carol']), { targets: ['bob', 'carol'], body: undefined });
  assert.deepEqual(read(['bob', '-'], undefined, { id: 'x' }), { targets: ['bob'], body: undefined });
  assert.deepEqual(read(['bob', '-'], undefined, {}, true), { targets: ['bob'], body: '-' });
  assert.deepEqual(read(['bob', '--']), { targets: ['bob'], body: '--' });
  assert.throws(() => read(['bob', '-'], undefined, { id: 'x', stdin: 'lines' }), refuses(/--id needs exactly one/));
  assert.throws(() => read(['-', 'hi']), refuses(/- is not a valid user name/));
  assert.throws(() => read(['bob', '-'], undefined, { exec: 'make' }), refuses(/unexpected BODY with --exec: -/));
});

test('the token cannot come from standard input with --exec, which gives it to the command', () => {
  const flags = { exec: 'make', 'token-file': '-' };
  assert.throws(() => read(['bob'], undefined, flags), refuses(/--token-file - is not possible with --exec/));
});
