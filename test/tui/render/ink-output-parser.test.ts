/** Text goes through Ink as placeholders, and comes back as cells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { block, inline } from '../../../src/text/safe-text.js';
import { CellPlaceholders } from '../../../src/tui/render/cell-placeholders.js';
import { parseInkOutput } from '../../../src/tui/render/ink-output-parser.js';
import { textWidth } from '../fixture.js';

test('text comes back from Ink cell by cell, with its style', () => {
  const placeholders = new CellPlaceholders(textWidth);
  const output = `\u001b[1m${placeholders.encode(inline('a你'))}\u001b[22m\u001b[38;2;1;2;3mb\u001b[39m\n${placeholders.encode(block('👩‍👩‍👧'))}`;
  const [first, second] = parseInkOutput(output, { columns: 5, rows: 2 }, placeholders);
  assert.deepEqual(first?.slice(0, 4), [
    { text: 'a', columns: 1, sgr: '1' },
    { text: '你', columns: 2, sgr: '1' },
    undefined,
    { text: 'b', columns: 1, sgr: '38;2;1;2;3' },
  ]);
  assert.equal(second?.[0]?.text, '👩‍👩‍👧');
});

test('output is cut at the edge, never within a wide cell', () => {
  const placeholders = new CellPlaceholders(textWidth);
  const [row] = parseInkOutput(placeholders.encode(inline('你好吗')), { columns: 5, rows: 1 }, placeholders);
  assert.deepEqual(
    row?.map((cell) => cell?.text),
    ['你', undefined, '好', undefined, ' '],
  );
});

test('Ink gets only printable ASCII and placeholders, one character for each column (R18)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const encoded = new CellPlaceholders(textWidth).encode(inline(text));
      assert.match(encoded, /^[\x20-\x7e\u{f0000}-\u{100000}]*$/u);
      assert.equal([...encoded].length, textWidth.columns(inline(text)));
    }),
  );
});
