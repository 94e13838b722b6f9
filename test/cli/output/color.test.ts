import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsColor } from '../../../src/cli/output/color.js';

const terminal = { arguments: ['send', 'bob'], environment: { TERM: 'xterm' }, isTerminal: true };

test('output on a terminal is coloured', () => {
  assert.equal(wantsColor(terminal), true);
  assert.equal(wantsColor({ ...terminal, environment: { TERM: 'xterm', NO_COLOR: '' } }), true);
});

test('NO_COLOR, --no-color, TERM=dumb and a missing terminal each disable colours', () => {
  assert.equal(wantsColor({ ...terminal, environment: { NO_COLOR: '1' } }), false);
  assert.equal(wantsColor({ ...terminal, arguments: ['send', '--no-color', 'bob'] }), false);
  assert.equal(wantsColor({ ...terminal, environment: { TERM: 'dumb' } }), false);
  assert.equal(wantsColor({ ...terminal, isTerminal: false, environment: { FORCE_COLOR: '1' } }), false);
});

test('--no-color after -- is not a flag', () => {
  assert.equal(wantsColor({ ...terminal, arguments: ['send', 'bob', '--', '--no-color'] }), true);
});
