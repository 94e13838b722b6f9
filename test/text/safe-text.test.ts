/** Untrusted text on a terminal: nothing unsafe is printed, and nothing readable is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { block, GUTTER, inline, jsonLine, plural, safe } from '../../src/text/safe-text.js';

/** Any UTF-16, with the dangerous parts of Unicode more often than by chance. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b[2J', '\u009b31m', '\u202e', '\u2028', '\r', '\n', '\t', '\0', '\ud800', '\u{e0041}'),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constant('\u0301'.repeat(20)),
    ),
  )
  .map((parts) => parts.join(''));

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

test('characters that could control a terminal are replaced by something visible (R18)', () => {
  const table: [string, string][] = [
    ['plain', 'plain'],
    ['\u001b[31mred', '^[[31mred'],
    ['\u001b]0;title\u0007', '^[]0;title^G'],
    ['a\rb', 'a^Mb'],
    ['a\nb', 'a^Jb'],
    ['\0', '^@'],
    ['\u007f', '^?'],
    ['\u009b2J', '\\u{9b}2J'],
    ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['evil\u202etxt.exe', 'evil\\u{202e}txt.exe'],
    ['\u2066isolate\u2069', '\\u{2066}isolate\\u{2069}'],
    ['ali\u200bce', 'ali\\u{200b}ce'],
    ['ali\ufeffce', 'ali\\u{feff}ce'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u3164', '\\u{3164}'],
    ['\ud800', '\\u{d800}'],
    ['a\tb', 'a    b'],
    ['你好 привет שלום', '你好 привет שלום'],
  ];
  for (const [untrusted, shown] of table) assert.equal(inline(untrusted), shown);
});

test('a body keeps its newlines, and the joiners of emoji and scripts', () => {
  assert.equal(block('one\ntwo'), `one\n${GUTTER}two`);
  assert.equal(block('👩‍👩‍👧 ❤️ می‌خواهم'), '👩‍👩‍👧 ❤️ می‌خواهم');
  assert.equal(block('🏴󠁧󠁢󠁥󠁮󠁧󠁿'), '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'a flag made of tags');
  assert.equal(block('a\u001b[2Jb\u202e'), 'a^[[2Jb\\u{202e}');
});

test('at most 8 marks and joiners are allowed after a base character', () => {
  assert.equal(inline(`e${'\u0301'.repeat(8)}`), `e${'\u0301'.repeat(8)}`);
  assert.equal(inline(`e${'\u0301'.repeat(10)}`), `e${'\u0301'.repeat(8)}\\u{301}\\u{301}`);
  assert.equal(block(`\u0647${'\u064b\u200d'.repeat(5)}`), `\u0647${'\u064b\u200d'.repeat(4)}\\u{64b}\\u{200d}`);
});

test('no input gives a control character', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.doesNotMatch(inline(text), CONTROLS);
      for (const line of block(text).split('\n')) assert.doesNotMatch(line, CONTROLS);
    }),
    { numRuns: 2_000 },
  );
});

test('safe text is not changed again', () => {
  fc.assert(fc.property(hostile, (text) => assert.equal(inline(inline(text)), inline(text))));
});

test('each further line of a message starts with the gutter', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 40 }), (text, columns, used) => {
      const [, ...further] = block(text, { columns, used }).split('\n');
      for (const line of further) assert.ok(line.startsWith(GUTTER));
    }),
  );
});

test('long lines are wrapped to the width of the terminal, at spaces where possible', () => {
  assert.equal(block('to be or not to be', { columns: 14, used: 5 }), `to be or \n${GUTTER}not to be`);
  assert.equal(block('0123456789abcdef', { columns: 14, used: 4 }), `0123456789\n${GUTTER}abcdef`);
  assert.equal(block('你好你好你好', { columns: 14, used: 4 }), `你好你好你\n${GUTTER}好`);
  assert.equal(block('क्षत्रिय'.repeat(2), { columns: 14, used: 4 }), `क्षत्रियक्ष\n${GUTTER}त्रिय`, 'between graphemes');
  const rows = block('x'.repeat(1_000), { columns: 80, used: 5 }).split('\n');
  assert.ok(rows.every((row, index) => row.length + (index === 0 ? 5 : 0) <= 80));
});

test('jsonLine escapes unsafe characters, and JSON.parse returns the same value', () => {
  assert.equal(jsonLine({ body: '\u001b\u009b\u202e\u{e0041}é' }), '{"body":"\\u001b\\u009b\\u202e\\udb40\\udc41é"}');
  fc.assert(
    fc.property(hostile, (body) => {
      const line = jsonLine({ body });
      assert.doesNotMatch(line, CONTROLS);
      assert.deepEqual(JSON.parse(line), { body });
    }),
    { numRuns: 2_000 },
  );
});

test('the safe template joins literals and safe values', () => {
  assert.equal(safe`from ${inline('a\nb')}: ${3}\n`, 'from a^Jb: 3\n');
});

test('plural: 1 takes the singular, every other count the plural', () => {
  assert.equal(plural(1, 'message'), '1 message');
  assert.equal(plural(0, 'message'), '0 messages');
  assert.equal(plural(2, 'message'), '2 messages');
  assert.equal(plural(2, 'mailbox'), '2 mailboxes');
});
