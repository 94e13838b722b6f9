import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputTail } from '../../../src/cli/send/exec-tail.js';

function tailOf(maxBytes: number, ...chunks: (string | number[])[]): OutputTail {
  const tail = new OutputTail(maxBytes);
  for (const chunk of chunks) tail.add(Buffer.from(chunk as string));
  return tail;
}

test('it returns the last complete lines, and counts all', () => {
  const tail = tailOf(11, 'one\ntwo\nth', 'ree\nfour');
  assert.deepEqual([tail.lines, tail.last(20), tail.last(1)], [4, ['three', 'four'], ['four']]);
  assert.deepEqual([tailOf(10).lines, tailOf(10).last(3)], [0, []]);
  assert.deepEqual([tailOf(10, '\n\n').lines, tailOf(10, '\n\n').last(3)], [2, ['', '']]);
});

test('of a line longer than the limit it keeps the end', () => {
  assert.deepEqual(tailOf(5, 'abcdefgh').last(3), ['defgh']);
  assert.deepEqual(tailOf(5, 'abcdefgh\n').last(3), ['efgh']);
});

test('invalid UTF-8 becomes U+FFFD', () => {
  assert.deepEqual(tailOf(10, [0xff, 0x0a]).last(1), ['\ufffd']);
});

test('the result does not depend on how the output is split into chunks', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n') }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 10 }), (chunks, maxBytes) => {
      const [cut, whole] = [tailOf(maxBytes, ...chunks), tailOf(maxBytes, chunks.join(''))];
      assert.deepEqual([cut.lines, cut.last(5)], [whole.lines, whole.last(5)]);
      assert.ok(whole.last(5).join('\n').length <= maxBytes);
    }),
  );
});
