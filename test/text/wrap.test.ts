/** Graphemes, their widths, and wrapping. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundaries, graphemes, MAX_GRAPHEME_LENGTH } from '../../src/text/graphemes.js';
import { createTextWidth } from '../../src/text/text-width.js';
import { widthOf, wrap } from '../../src/text/wrap.js';

const FAMILY = '👩‍👩‍👧‍👦';
const textWidth = createTextWidth();

const rowsOf = (line: string, columns: number): string[] => {
  const cells = textWidth.cells(line);
  return wrap(cells, columns).map(({ from, to }) =>
    cells
      .slice(from, to)
      .map(({ text }) => text)
      .join(''),
  );
};

/** Text with difficult graphemes more often than by chance. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(' ', '  ', FAMILY, '🇩🇪', '你好', 'e\u0301', '\u200d', '\u0301', 'नि', 'שלום', 'x'.repeat(70)),
    ),
  )
  .map((parts) => parts.join(''));

test('a grapheme is what a person sees as one character', () => {
  const table: [string, string[]][] = [
    ['abc', ['a', 'b', 'c']],
    ['a\r\nb', ['a', '\r\n', 'b']],
    [`x${FAMILY}y`, ['x', FAMILY, 'y']],
    ['🇩🇪🇫🇷', ['🇩🇪', '🇫🇷']],
    ['e\u0301e', ['e\u0301', 'e']],
    ['👍🏽!', ['👍🏽', '!']],
    ['각', ['각']],
  ];
  for (const [line, expected] of table) assert.deepEqual([...graphemes(line)], expected);
  assert.deepEqual(boundaries(`a${FAMILY}`), [1, 1 + FAMILY.length]);
});

test('joined graphemes are the text again, and none is longer than MAX_GRAPHEME_LENGTH', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary', size: 'large' })), (line) => {
      const found = [...graphemes(line)];
      assert.equal(found.join(''), line);
      for (const grapheme of found) assert.ok(grapheme.length > 0 && grapheme.length <= MAX_GRAPHEME_LENGTH);
    }),
  );
});

test('the fast path without the segmenter splits exactly as the segmenter does', () => {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  // All that is not Chinese or Korean, and some of those.
  const codes = Array.from({ length: 0xd800 }, (_, code) => code + 1).filter(
    (code) => code < 0x3400 || code % 97 === 0,
  );
  for (const code of codes) {
    for (const other of ['a', '\u0301']) {
      const pair = String.fromCharCode(code) + other;
      assert.equal([...graphemes(pair)].length, [...segmenter.segment(pair)].length, JSON.stringify(pair));
    }
  }
});

test('the windows of the segmenter never split a grapheme', () => {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  fc.assert(
    fc.property(text, (line) => {
      const whole = [...segmenter.segment(line)].map(({ segment }) => segment);
      fc.pre(whole.every(({ length }) => length <= MAX_GRAPHEME_LENGTH));
      assert.deepEqual([...graphemes(line)], whole);
    }),
  );
});

test('a grapheme of a thousand emoji is split, and a long text takes linear time', () => {
  assert.equal([...graphemes('👩\u200d'.repeat(1_000))].join('').length, 3_000);
  assert.equal(boundaries('é'.repeat(65_536)).length, 65_536);
});

test('a cell has the width that a terminal shows', () => {
  const table: [string, number][] = [
    ['abc', 3],
    ['你好', 4],
    [FAMILY, 2],
    ['e\u0301', 1],
    ['🇩🇪', 2],
    ['…', 1],
  ];
  for (const [line, columns] of table) assert.equal(textWidth.columns(line), columns, line);
  assert.equal(createTextWidth(2).columns('…Ω'), 4, 'where ambiguous characters are wide');
});

test('a grapheme without width is appended to the cell before it, or to a space', () => {
  assert.deepEqual(textWidth.cells('a\u200bb'), [
    { text: 'a\u200b', columns: 1 },
    { text: 'b', columns: 1 },
  ]);
  assert.deepEqual(textWidth.cells('\u0301'), [{ text: ' \u0301', columns: 1 }]);
});

test('rows end at spaces, next to wide characters, and inside a word only if necessary', () => {
  const table: [string, number, string[]][] = [
    ['', 10, ['']],
    ['to be or not', 6, ['to be ', 'or not']],
    ['to be', 5, ['to be']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['ab cdefgh', 4, ['ab ', 'cdef', 'gh']],
    ['你好世界', 5, ['你好', '世界']],
    ['你好世界。', 8, ['你好世', '界。']],
    ['hi 你好', 5, ['hi 你', '好']],
    ['a    b', 3, ['a    ', 'b']],
    ['你', 1, ['你']],
    [`a${FAMILY}b`, 2, ['a', FAMILY, 'b']],
  ];
  for (const [line, columns, expected] of table) assert.deepEqual(rowsOf(line, columns), expected, line);
});

test('rows hold every cell once, and their visible part fits', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 30 }), (line, columns) => {
      const cells = textWidth.cells(line);
      const rows = wrap(cells, columns);
      assert.equal(rows[0]?.from, 0);
      assert.equal(rows.at(-1)?.to, cells.length);
      rows.forEach(({ from, to }, index) => {
        assert.equal(to, rows[index + 1]?.from ?? cells.length);
        let seen = to;
        while (seen > from && cells[seen - 1]?.text === ' ') seen -= 1;
        if (seen - from > 1) assert.ok(widthOf(cells, from, seen) <= columns, `${from}..${seen}`);
      });
    }),
  );
});
