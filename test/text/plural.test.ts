/** Counts with their noun. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plural } from '../../src/text/plural.js';

test('plural: 1 takes the singular, every other count the plural', () => {
  assert.equal(plural(1, 'message'), '1 message');
  assert.equal(plural(0, 'message'), '0 messages');
  assert.equal(plural(2, 'message'), '2 messages');
  assert.equal(plural(2, 'mailbox'), '2 mailboxes');
});
