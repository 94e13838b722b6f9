/** The key table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BINDINGS, keyLabel } from '../../../src/tui/screen/keys.js';

test('every key has one action, and a readable label', () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(keyLabel('ctrl+pageup'), 'Ctrl+PgUp');
  assert.equal(keyLabel('alt+a'), 'Alt+A');
  assert.equal(keyLabel('alt+A'), 'Alt+Shift+A');
  assert.equal(keyLabel('alt++'), 'Alt++');
  assert.equal(keyLabel('ctrl+x ctrl+e'), 'Ctrl+X Ctrl+E');
});
