import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/cli/failure.js';
import { readWords } from '../../src/cli/send-words.js';

const read = (words: string[], to?: string[], mayNameTarget = false) => readWords({ words, to, mayNameTarget });
const refuses = (what: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === 'usage' && what.test(error.message);

test('TO and BODY, or TO alone', () => {
  assert.deepEqual(read(['bob', 'hi']), { targets: ['bob'], body: 'hi' });
  assert.deepEqual(read(['bob', '']), { targets: ['bob'], body: '' });
  assert.deepEqual(read(['bob']), { targets: ['bob'], body: undefined });
  assert.throws(() => read([]), refuses(/missing: TO/));
  assert.throws(() => read(['Bad Name', 'hi']), refuses(/Bad Name cannot be/));
});

test('with --to the only word is the BODY, whatever it looks like; each target counts once', () => {
  assert.deepEqual(read(['bob'], ['alice', 'carol', 'alice']), { targets: ['alice', 'carol'], body: 'bob' });
  assert.deepEqual(read([], ['alice']), { targets: ['alice'], body: undefined });
  assert.throws(() => read(['bob', 'hi'], ['alice']), refuses(/the only word left is the BODY/));
});

test('lines that name their targets need none elsewhere', () => {
  assert.deepEqual(read([], undefined, true), { targets: [], body: undefined });
  assert.deepEqual(read(['bob'], undefined, true), { targets: ['bob'], body: undefined });
});
