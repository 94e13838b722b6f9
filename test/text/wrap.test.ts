/** How lines are measured and broken. */
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

/** Text with what is hard in it more often than chance would bring it. */
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

test('graphemes, joined, are the text, and none is longer than its bound', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary', size: 'large' })), (line) => {
      const found = [...graphemes(line)];
      assert.equal(found.join(''), line);
      for (const grapheme of found) assert.ok(grapheme.length > 0 && grapheme.length <= MAX_GRAPHEME_LENGTH);
    }),
  );
});

test('what is taken apart without the segmenter is taken apart as the segmenter would', () => {
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

test('a window of the segmenter cuts no grapheme in two', () => {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  fc.assert(
    fc.property(text, (line) => {
      const whole = [...segmenter.segment(line)].map(({ segment }) => segment);
      fc.pre(whole.every(({ length }) => length <= MAX_GRAPHEME_LENGTH));
      assert.deepEqual([...graphemes(line)], whole);
    }),
  );
});

test('a family of a thousand is taken apart, and a long text costs its length only', () => {
  assert.equal([...graphemes('👩\u200d'.repeat(1_000))].join('').length, 3_000);
  assert.equal(boundaries('é'.repeat(65_536)).length, 65_536);
});

test('a cell is as wide as a terminal shows it', () => {
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

test('what has no width of its own joins the cell before it, or stands on a space', () => {
  assert.deepEqual(textWidth.cells('a\u200bb'), [
    { text: 'a\u200b', columns: 1 },
    { text: 'b', columns: 1 },
  ]);
  assert.deepEqual(textWidth.cells('\u0301'), [{ text: ' \u0301', columns: 1 }]);
});

test('rows end at spaces, beside wide characters, and inside a word only when they must', () => {
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

test('rows hold every cell once, and what is seen of them fits', () => {
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
