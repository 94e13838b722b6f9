/** The flags of `im connect` that choose how the screen looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectFlags,
  NOTIFY_CHOICES,
  screenOptions,
  THEME_CHOICES,
} from '../../../src/cli/connect/connect-flags.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { NOTIFICATIONS } from '../../../src/tui/app/notify.js';
import { THEME_NAMES, themeFor } from '../../../src/tui/rows/theme.js';

test('the flags offer every theme and every notification of the screen', () => {
  assert.deepEqual([...THEME_CHOICES], [...THEME_NAMES]);
  assert.deepEqual([...NOTIFY_CHOICES], [...NOTIFICATIONS]);
  for (const name of THEME_NAMES) assert.notEqual(themeFor(name, 24), themeFor(name, 4));
});

const account = { user: 'alice', url: 'ws://127.0.0.1:4690', stateFolder: '/s' };
const options = (theme: ConnectFlags['theme'], profile: { theme?: string } = {}, env = {}) => {
  const flags = {
    theme,
    ascii: false,
    'ambiguous-width': '1',
    notify: 'off',
    mouse: false,
    title: true,
    'history-size': 64,
  } as const;
  return screenOptions(flags, profile, env, account);
};

test('the theme is that of the flag, of the profile, or dark', () => {
  assert.equal(options(undefined).theme, 'dark');
  assert.equal(options(undefined, { theme: 'light' }).theme, 'light');
  assert.equal(options('dark', { theme: 'light' }).theme, 'dark');
  const isUsage = (error: unknown) => error instanceof Failure && error.exit === 'usage';
  assert.throws(() => options(undefined, { theme: 'pink' }), isUsage);
});

test('tmux and screen are noticed, also behind ssh', () => {
  assert.equal(options('dark', {}, { TERM: 'xterm-256color' }).multiplexer, undefined);
  assert.equal(options('dark', {}, { TMUX: '/tmp/x,1,0', TERM: 'screen' }).multiplexer, 'tmux');
  assert.equal(options('dark', {}, { TERM: 'tmux-256color' }).multiplexer, 'tmux');
  assert.equal(options('dark', {}, { TERM: 'screen.xterm' }).multiplexer, 'screen');
});

test('the Linux console and others that print OSC as text get none', () => {
  for (const TERM of ['linux', 'vt220', 'dumb']) assert.equal(options('dark', {}, { TERM }).hasOsc, false, TERM);
  for (const TERM of ['xterm', 'vte-256color', 'foot']) assert.equal(options('dark', {}, { TERM }).hasOsc, true, TERM);
  assert.equal(options('dark', {}, { TERM: 'xterm' }).hasTitle, true);
  assert.equal(options('dark', {}, { TERM: 'linux' }).hasTitle, false);
});
