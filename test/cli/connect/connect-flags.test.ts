/** The flags of `im connect` that choose how the screen looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTIFY_CHOICES, THEME_CHOICES } from '../../../src/cli/connect/connect-flags.js';
import { NOTIFICATIONS } from '../../../src/tui/app/notify.js';
import { THEME_NAMES, themeFor } from '../../../src/tui/rows/theme.js';

test('the flags offer every theme and every notification of the screen', () => {
  assert.deepEqual([...THEME_CHOICES], [...THEME_NAMES]);
  assert.deepEqual([...NOTIFY_CHOICES], [...NOTIFICATIONS]);
  for (const name of THEME_NAMES) assert.notEqual(themeFor(name, 24), themeFor(name, 4));
});
