import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputTail } from '../../../src/cli/send/exec-tail.js';

function tailOf(maxBytes: number, ...chunks: (string | number[])[]): OutputTail {
  const tail = new OutputTail(maxBytes);
  for (const chunk of chunks) tail.add(Buffer.from(chunk as string));
  return tail;
}

test('the last lines, whole ones, and how many there were', () => {
  const tail = tailOf(11, 'one\ntwo\nth', 'ree\nfour');
  assert.deepEqual([tail.lines, tail.last(20), tail.last(1)], [4, ['three', 'four'], ['four']]);
  assert.deepEqual([tailOf(10).lines, tailOf(10).last(3)], [0, []]);
  assert.deepEqual([tailOf(10, '\n\n').lines, tailOf(10, '\n\n').last(3)], [2, ['', '']]);
});

test('of a line that is longer than what is kept, the end', () => {
  assert.deepEqual(tailOf(5, 'abcdefgh').last(3), ['defgh']);
  assert.deepEqual(tailOf(5, 'abcdefgh\n').last(3), ['efgh']);
});

test('what is no UTF-8 does no harm', () => {
  assert.deepEqual(tailOf(10, [0xff, 0x0a]).last(1), ['\ufffd']);
});

test('however it is cut into pieces, it is the same', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', '\n') }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 10 }), (chunks, maxBytes) => {
      const [cut, whole] = [tailOf(maxBytes, ...chunks), tailOf(maxBytes, chunks.join(''))];
      assert.deepEqual([cut.lines, cut.last(5)], [whole.lines, whole.last(5)]);
      assert.ok(whole.last(5).join('\n').length <= maxBytes);
    }),
  );
});
