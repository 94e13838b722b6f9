/** URLs that are clickable. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { block } from '../../../src/text/safe-text.js';
import { TUI } from '../../../src/tui/limits.js';
import { linksIn } from '../../../src/tui/rows/links.js';
import { textWidth } from '../fixture.js';

const targets = (text: string): string[] => linksIn(textWidth.cells(block(text))).map(({ target }) => target);

test('a URL ends before the punctuation around it', () => {
  for (const [text, ...expected] of [
    ['see https://example.com/a?b=c#d.', 'https://example.com/a?b=c#d'],
    ['(http://example.com) and <HTTPS://example.com:8080/>', 'http://example.com', 'HTTPS://example.com:8080/'],
    ['https://en.wikipedia.org/wiki/Ink_(a_b)', 'https://en.wikipedia.org/wiki/Ink_(a_b)'],
    ['(https://en.wikipedia.org/wiki/Ink_(a_b)).', 'https://en.wikipedia.org/wiki/Ink_(a_b)'],
    ['看https://example.com/路，http://127.0.0.1:80，好', 'https://example.com/', 'http://127.0.0.1:80'],
    ['http://[::1]:4690/x http://localhost', 'http://[::1]:4690/x', 'http://localhost'],
    ['xhttps://example.com ftp://example.com file:///etc/passwd javascript:alert(1) https:// http:///x'],
  ] as const)
    assert.deepEqual(targets(text), expected, text);
});

test('a name that is not all of what is shown is no link (R18)', () => {
  for (const text of [
    'https://bank.example@evil.example/',
    'https://bank.example:80@evil.example/',
    'https://bank.example:secret@evil.example/',
    'https://exаmple.com/', // with a Cyrillic letter
    'https://bank.example\u200b.evil.example/',
    'https://bank.example\u202emoc.elpmaxe',
    'https://bank.example\u0007/',
    'https://e\u0301vil.example/',
    `https://example.com/${'a'.repeat(TUI.maxLinkLength)}`,
  ])
    assert.deepEqual(targets(text), [], text);
});

test('what is hidden, or no ASCII, ends a URL (R18)', () => {
  for (const hidden of [
    '\u200b',
    '\u202e',
    '\u0007',
    '\u001b]8;;http://evil\u001b\\',
    '\u{e0041}',
    'é',
    '\\',
    '\ufe0f',
  ])
    assert.deepEqual(targets(`https://example.com/a${hidden}b`), ['https://example.com/a'], JSON.stringify(hidden));
  assert.deepEqual(targets('https://example.com/ae\u0301b'), ['https://example.com/a']); // it belongs to the letter
});

test('for any text, a target is exactly what is shown, in printable ASCII (R18)', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'https://',
      'http://',
      'example.com',
      '/',
      ' ',
      '.',
      ')',
      '(',
      '@',
      ':80',
      '\u200b',
      '\u202e',
      '\u001b',
      '\u0301',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const cells = textWidth.cells(block(parts.join('').replaceAll('\n', ' ')));
      for (const { from, to, target } of linksIn(cells)) {
        const shown = cells.slice(from, to).map(({ text }) => text);
        assert.equal(shown.join(''), target);
        assert.match(target, /^https?:\/\/[!-~]+$/i);
        assert.ok(target.length <= TUI.maxLinkLength);
      }
    }),
    { numRuns: 300 },
  );
});

test('a message of the largest size full of brackets is no work', () => {
  assert.equal(targets(`http://a/${'))(('.repeat(500)} `.repeat(30)).length, 30);
});
