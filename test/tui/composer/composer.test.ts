/** The composer's edits, by table and by property. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundaries } from '../../../src/text/graphemes.js';
import {
  type Composer,
  composerWith,
  EDITS,
  type EditName,
  EMPTY,
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

test('each edit does what its name says', () => {
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
    ['one| two', 'clear', '|'],
    ['שלום|', 'delete-left', 'שלו|'],
  ];
  for (const [drawn, name, expected] of table) assert.equal(after(drawn, name), expected, `${name} in ${drawn}`);
});

test('what was killed comes back, and kills in a row come back together', () => {
  assert.equal(after('one two|', 'kill-word-left', 'yank', 'yank'), 'one twotwo|');
  assert.equal(after('one two three|', 'kill-word-left', 'kill-word-left', 'yank'), 'one two three|');
  assert.equal(after('|one\ntwo', 'kill-to-end', 'kill-to-end', 'kill-to-end', 'yank'), 'one\ntwo|');
  assert.equal(after('one two|', 'kill-word-left', 'left', 'kill-to-start', 'yank'), 'one| ');
});

test('undo takes back word by word what was typed, and redo brings it back', () => {
  let composer = EMPTY;
  for (const character of 'one two') composer = insert(composer, character);
  composer = EDITS.undo(composer);
  assert.equal(draw(composer), 'one|');
  composer = EDITS.undo(composer);
  assert.equal(draw(composer), '|');
  assert.equal(draw(EDITS.undo(composer)), '|', 'there is nothing more to undo');
  composer = EDITS.redo(EDITS.redo(composer));
  assert.equal(draw(composer), 'one two|');
  composer = EDITS['delete-left'](EDITS['delete-left'](composer));
  assert.equal(draw(EDITS.undo(composer)), 'one two|', 'deleting goes on until something else is done');
  assert.equal(draw(EDITS.redo(insert(EDITS.undo(composer), '!'))), 'one two!|', 'an edit ends what could be redone');
});

test('a paste is one step, with its lines, and without what acts on a terminal', () => {
  const composer = paste(from('>|<'), 'a\r\nb\rc\t\u001b[2J\u009bd\ud800');
  assert.equal(draw(composer), '>a\nb\nc\t[2Jd\ufffd|<');
  assert.equal(draw(EDITS.undo(composer)), '>|<');
  const lines = Array.from({ length: 200 }, (_, line) => `line ${line}`).join('\n');
  assert.equal(paste(EMPTY, lines).text, lines);
});

test('what is too long for the composer does not get in', () => {
  assert.equal(paste(from('a|'), 'x'.repeat(TUI.maxComposerLength)).text, 'a');
});

test('a joiner between two emojis makes them one, and the cursor stands behind it', () => {
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
      let composer = EMPTY;
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

test('undo, as often as there were edits, leads back to the beginning', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let composer = steps.reduce((before, edit) => edit(before), EMPTY);
      for (let count = 0; count <= steps.length; count++) composer = EDITS.undo(composer);
      assert.equal(composer.text, '');
    }),
  );
});
