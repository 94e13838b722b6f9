/** The rows of the composer, and the cursor in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTextWidth } from '../../../src/text/text-width.js';
import { composerWith, move } from '../../../src/tui/composer/composer.js';
import { layOutComposer, moveRow } from '../../../src/tui/composer/composer-layout.js';
import { TUI } from '../../../src/tui/limits.js';

const textWidth = createTextWidth();
const FAMILY = '👩‍👩‍👧‍👦';

function seen(text: string, cursor: number, columns: number) {
  const { rows, row, column } = layOutComposer(move(composerWith(text), cursor), columns, textWidth);
  return { rows: rows.map((one) => one.text), at: [row, column] };
}

test('the cursor is at the column of its grapheme', () => {
  assert.deepEqual(seen('', 0, 10), { rows: [''], at: [0, 0] });
  assert.deepEqual(seen('abc', 2, 10), { rows: ['abc'], at: [0, 2] });
  assert.deepEqual(seen('你好', 1, 10), { rows: ['你好'], at: [0, 2] });
  assert.deepEqual(seen(`${FAMILY}x`, FAMILY.length, 10), { rows: [`${FAMILY}x`], at: [0, 2] });
  assert.deepEqual(seen('a\tb', 2, 10), { rows: ['a    b'], at: [0, 5] });
  assert.deepEqual(seen('a\n', 2, 10), { rows: ['a', ''], at: [1, 0] });
  assert.deepEqual(seen('to be or not', 9, 6), { rows: ['to be ', 'or not'], at: [1, 3] });
  assert.deepEqual(seen('to be or not', 6, 6), { rows: ['to be ', 'or not'], at: [1, 0] });
  assert.deepEqual(seen('abc', 3, 3), { rows: ['abc'], at: [0, 2] }, 'at the right edge it stays in the row');
});

test('spaces after a full row are not drawn', () => {
  assert.deepEqual(seen('to be  or', 9, 5), { rows: ['to be', 'or'], at: [1, 2] });
  assert.deepEqual(seen('to be ', 6, 5), { rows: ['to be'], at: [0, 4] });
  assert.deepEqual(seen('你好 吗', 4, 4), { rows: ['你好', '吗'], at: [1, 2] });
});

test('control characters are shown escaped (R18)', () => {
  assert.deepEqual(seen('a\u202eb', 2, 20), { rows: ['a\\u{202e}b'], at: [0, 9] });
});

test('a long text scrolls with the cursor', () => {
  const text = Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\n');
  const end = layOutComposer(composerWith(text), 40, textWidth);
  assert.deepEqual(
    end.rows.map((row) => row.text),
    ['line 195', 'line 196', 'line 197', 'line 198', 'line 199'],
  );
  assert.deepEqual([end.hasMoreAbove, end.hasMoreBelow], [true, false]);
  const start = layOutComposer(move(composerWith(text), 0), 40, textWidth);
  assert.deepEqual(start.rows[0]?.text, 'line 0');
  assert.deepEqual([start.hasMoreAbove, start.hasMoreBelow], [false, true]);
});

test('moving up and down keeps the column as far as possible', () => {
  const at = (text: string, cursor: number, by: -1 | 1, columns = 6) =>
    moveRow(move(composerWith(text), cursor), by, columns, textWidth)?.cursor;
  assert.equal(at('to be or not', 10, -1), 4);
  assert.equal(at('to be or not', 4, 1), 10);
  assert.equal(at('abc\nd', 3, 1), 5, 'the end of a shorter row');
  assert.equal(at('你好\nabcd', 6, -1), 1, 'the start of a wide character');
  assert.equal(at('abc', 1, -1), undefined);
  assert.equal(at('abc', 1, 1), undefined);
  const long = Array.from({ length: 30 }, () => 'x').join('\n');
  assert.equal(at(long, 20, 1), 22, 'also to a row that is not visible yet');
});

test('the cursor is always visible, and no row is wider than the screen', () => {
  const text = fc
    .array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', ' ', FAMILY, '你', '\u0301', '\t', '\u202e')),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.nat(60), fc.integer({ min: 8, max: 30 }), (written, cursor, columns) => {
      const composer = move(composerWith(written), cursor);
      const { rows, row, column } = layOutComposer(composer, columns, textWidth);
      assert.ok(rows.length >= 1 && rows.length <= TUI.maxComposerRows);
      assert.ok(row >= 0 && row < rows.length && column >= 0 && column < columns);
      for (const { text: shown, indices } of rows) {
        assert.ok(textWidth.columns(shown) <= Math.max(columns, 9), shown);
        assert.ok(indices.every((index) => index <= composer.text.length));
      }
      assert.ok(rows[row]?.indices.includes(composer.cursor));
    }),
    { numRuns: 200 },
  );
});
