/** The edits of the composer, by table and by property. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundaries } from '../../../src/text/graphemes.js';
import {
  type Composer,
  composerWith,
  EDITS,
  type EditName,
  EMPTY_COMPOSER,
  insert,
  move,
  paste,
} from '../../../src/tui/composer/composer.js';
import { TUI } from '../../../src/tui/limits.js';

const FAMILY = '👩‍👩‍👧‍👦';

/** `ab|cd`: the bar is the cursor. */
function from(drawn: string): Composer {
  const cursor = drawn.indexOf('|');
  return move(composerWith(drawn.replace('|', '')), cursor);
}

const draw = ({ text, cursor }: Composer): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

const after = (drawn: string, ...names: EditName[]): string =>
  draw(names.reduce<Composer>((composer, name) => EDITS[name](composer), from(drawn)));

test('every edit has its documented result', () => {
  const table: [string, EditName, string][] = [
    ['ab|c', 'left', 'a|bc'],
    ['|abc', 'left', '|abc'],
    ['|\nabc', 'line-start', '|\nabc'],
    ['ab|c', 'right', 'abc|'],
    [`a${FAMILY}|`, 'left', `a|${FAMILY}`],
    ['e\u0301|', 'left', '|e\u0301'],
    ['a\n|b', 'left', 'a|\nb'],
    ['a|\nb', 'right', 'a\n|b'],
    ['one two|', 'word-left', 'one |two'],
    ['one, |two', 'word-left', '|one, two'],
    ['one\n\n|', 'word-left', '|one\n\n'],
    ['on|e two', 'word-right', 'one| two'],
    ['|  one', 'word-right', '  one|'],
    ['我们学习カタカナ|', 'word-left', '我们学习|カタカナ'],
    ['one\ntw|o', 'line-start', 'one\n|two'],
    ['o|ne\ntwo', 'line-end', 'one|\ntwo'],
    [`x${FAMILY}|y`, 'delete-left', 'x|y'],
    [`x|${FAMILY}y`, 'delete-right', 'x|y'],
    ['a|', 'delete-right', 'a|'],
    ['a|b', 'newline', 'a\n|b'],
    ['one two|', 'kill-word-left', 'one |'],
    ['|one two', 'kill-word-right', '| two'],
    ['a\none| two\nb', 'kill-to-start', 'a\n| two\nb'],
    ['one| two\nb', 'kill-to-end', 'one|\nb'],
    ['one|\nb', 'kill-to-end', 'one|b'],
    ['שלום|', 'delete-left', 'שלו|'],
  ];
  for (const [drawn, name, expected] of table) assert.equal(after(drawn, name), expected, `${name} in ${drawn}`);
});

test('yank inserts the last kill; consecutive kills are joined', () => {
  assert.equal(after('one two|', 'kill-word-left', 'yank', 'yank'), 'one twotwo|');
  assert.equal(after('one two three|', 'kill-word-left', 'kill-word-left', 'yank'), 'one two three|');
  assert.equal(after('|one\ntwo', 'kill-to-end', 'kill-to-end', 'kill-to-end', 'yank'), 'one\ntwo|');
  assert.equal(after('one two|', 'kill-word-left', 'left', 'kill-to-start', 'yank'), 'one| ');
});

test('undo removes typed text word by word, redo restores it', () => {
  let composer = EMPTY_COMPOSER;
  for (const character of 'one two') composer = insert(composer, character);
  composer = EDITS.undo(composer);
  assert.equal(draw(composer), 'one|');
  composer = EDITS.undo(composer);
  assert.equal(draw(composer), '|');
  assert.equal(draw(EDITS.undo(composer)), '|', 'nothing left to undo');
  composer = EDITS.redo(EDITS.redo(composer));
  assert.equal(draw(composer), 'one two|');
  composer = EDITS['delete-left'](EDITS['delete-left'](composer));
  assert.equal(draw(EDITS.undo(composer)), 'one two|', 'consecutive deletes are one step');
  assert.equal(draw(EDITS.redo(insert(EDITS.undo(composer), '!'))), 'one two!|', 'an edit clears the redo stack');
});

test('a paste is one undo step, keeps its lines, and loses its control characters', () => {
  const composer = paste(from('>|<'), 'a\r\nb\rc\t\u001b[2J\u009bd\ud800');
  assert.equal(draw(composer), '>a\nb\nc\t[2Jd\ufffd|<');
  assert.equal(draw(EDITS.undo(composer)), '>|<');
  const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\n');
  assert.equal(paste(EMPTY_COMPOSER, lines).text, lines);
});

test('text over the limit of the composer is not inserted', () => {
  assert.equal(paste(from('a|'), 'x'.repeat(TUI.maxComposerLength)).text, 'a');
});

test('a joiner between two emojis merges them, and the cursor moves behind the result', () => {
  assert.equal(draw(insert(from('👩|👧'), '\u200d')), '👩\u200d👧|');
});

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('\n', ' ', '\u200d', '\u0301', '\ud83d', '\udc69', '🇩', '👩', FAMILY, '你好', '\r\n', '한', '\u1161'),
);
const step = fc.oneof(
  { weight: 2, arbitrary: piece.map((text) => (composer: Composer) => insert(composer, text)) },
  { weight: 1, arbitrary: piece.map((text) => (composer: Composer) => paste(composer, text)) },
  { weight: 1, arbitrary: fc.nat(40).map((index) => (composer: Composer) => move(composer, index)) },
  { weight: 4, arbitrary: fc.constantFrom(...Object.values(EDITS)) },
);

test('any sequence of edits keeps the text well-formed and the cursor on a grapheme boundary', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let composer = EMPTY_COMPOSER;
      for (const edit of steps) {
        composer = edit(composer);
        const { text, cursor } = composer;
        assert.ok(text.isWellFormed());
        assert.doesNotMatch(text, /[\0-\x08\x0b-\x1f\x7f-\x9f]/);
        let start = 0;
        const edges = text.split('\n').flatMap((line) => {
          const found = [0, ...boundaries(line)].map((index) => start + index);
          start += line.length + 1;
          return found;
        });
        assert.ok(edges.includes(cursor), `${JSON.stringify(text)} at ${cursor}`);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('undoing every edit restores the empty text', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let composer = steps.reduce((before, edit) => edit(before), EMPTY_COMPOSER);
      for (let count = 0; count <= steps.length; count++) composer = EDITS.undo(composer);
      assert.equal(composer.text, '');
    }),
  );
});
