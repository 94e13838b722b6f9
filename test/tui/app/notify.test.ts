/** Terminal notifications. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notificationBytes, titleBytes } from '../../../src/tui/app/notify.js';

test('a notification contains the text of a message only if that is asked for, and escapes it (R18)', () => {
  const message = { from: 'bob', body: 'secret\u0007\u001b]0;x\u0007' };
  assert.equal(notificationBytes('off', message), '');
  assert.equal(notificationBytes('bell', message), '\u0007');
  assert.equal(notificationBytes('desktop', message), '\u001b]9;bob\u0007');
  assert.equal(notificationBytes('desktop-text', message), '\u001b]9;bob: secret^G^[]0;x^G\u0007');
});

test('the title has the number of unread messages, and no text of others', () => {
  assert.equal(titleBytes('alice', 0), '\u001b]2;alice - im\u0007');
  assert.equal(titleBytes('alice', 12), '\u001b]2;(12) alice - im\u0007');
});

test('in tmux and screen a desktop notification is also a bell: they may not pass it on', () => {
  const message = { from: 'bob', body: 'x' };
  assert.equal(notificationBytes('desktop', message, 'tmux'), '\u001bPtmux;\u001b\u001b]9;bob\u0007\u001b\\\u0007');
  assert.equal(notificationBytes('desktop-text', message, 'screen'), '\u0007');
  assert.equal(notificationBytes('bell', message, 'tmux'), '\u0007');
});
