/** The clipboard of the terminal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inline } from '../../../src/text/safe-text.js';
import { clipboardBytes } from '../../../src/tui/app/clipboard.js';

const SEQUENCE = '\u001b]52;c;aGk=';

test('text for the clipboard is base64 in OSC 52', () => {
  assert.equal(clipboardBytes(inline('hi'), undefined), `${SEQUENCE}\u001b\\`);
});

test('tmux gets it twice: as its own, and to pass on', () => {
  assert.equal(clipboardBytes(inline('hi'), 'tmux'), `${SEQUENCE}\u001b\\\u001bPtmux;\u001b${SEQUENCE}\u0007\u001b\\`);
});

test('GNU screen gets it in pieces that it passes on', () => {
  const bytes = clipboardBytes(inline('a'.repeat(3_000)), 'screen');
  const pieces = bytes.split('\u001b\\').slice(0, -1);
  assert.ok(pieces.length > 10 && pieces.every((piece) => piece.startsWith('\u001bP') && piece.length < 256));
  const whole = pieces.map((piece) => piece.slice(2)).join('');
  assert.equal(whole, `\u001b]52;c;${Buffer.from('a'.repeat(3_000)).toString('base64')}\u0007`);
});
