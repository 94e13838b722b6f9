import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsColor } from '../../../src/cli/output/color.js';

const ARGV = ['send', 'bob'];

test('output on a terminal is coloured', () => {
  assert.equal(wantsColor(ARGV, { TERM: 'xterm' }, true), true);
  assert.equal(wantsColor(ARGV, { TERM: 'xterm', NO_COLOR: '' }, true), true);
});

test('NO_COLOR, --no-color, TERM=dumb and a missing terminal each disable colours', () => {
  assert.equal(wantsColor(ARGV, { NO_COLOR: '1' }, true), false);
  assert.equal(wantsColor(['send', '--no-color', 'bob'], { TERM: 'xterm' }, true), false);
  assert.equal(wantsColor(ARGV, { TERM: 'dumb' }, true), false);
  assert.equal(wantsColor(ARGV, { FORCE_COLOR: '1' }, false), false);
});

test('--no-color after -- is not a flag', () => {
  assert.equal(wantsColor([...ARGV, '--', '--no-color'], { TERM: 'xterm' }, true), true);
});
