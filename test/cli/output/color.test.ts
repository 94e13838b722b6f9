import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantsColour } from '../../../src/cli/output/color.js';

const terminal = { arguments: ['send', 'bob'], environment: { TERM: 'xterm' }, isTerminal: true };

test('a terminal gets colours', () => {
  assert.equal(wantsColour(terminal), true);
  assert.equal(wantsColour({ ...terminal, environment: { TERM: 'xterm', NO_COLOR: '' } }), true);
});

test('NO_COLOR, --no-color, TERM=dumb and no terminal each mean none', () => {
  assert.equal(wantsColour({ ...terminal, environment: { NO_COLOR: '1' } }), false);
  assert.equal(wantsColour({ ...terminal, arguments: ['send', '--no-color', 'bob'] }), false);
  assert.equal(wantsColour({ ...terminal, environment: { TERM: 'dumb' } }), false);
  assert.equal(wantsColour({ ...terminal, isTerminal: false, environment: { FORCE_COLOR: '1' } }), false);
});

test('a body that reads --no-color is not a flag', () => {
  assert.equal(wantsColour({ ...terminal, arguments: ['send', 'bob', '--', '--no-color'] }), true);
});
