/** The flags of `im connect` that choose how the screen looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectFlags,
  chatLanguage,
  NOTIFY_CHOICES,
  screenOptions,
  THEME_CHOICES,
} from '../../../src/cli/connect/connect-flags.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import type { Profile } from '../../../src/cli/login/profile.js';
import { HISTORY } from '../../../src/history/limits.js';
import { NOTIFICATIONS } from '../../../src/tui/app/notify.js';
import { THEME_NAMES, themeFor } from '../../../src/tui/rows/theme.js';

test('the flags offer every theme and every notification of the screen', () => {
  assert.deepEqual([...THEME_CHOICES], ['auto', ...THEME_NAMES]);
  assert.deepEqual([...NOTIFY_CHOICES], [...NOTIFICATIONS]);
  for (const name of THEME_NAMES) assert.notEqual(themeFor(name, 24), themeFor(name, 4));
});

const account = { user: 'alice', url: 'ws://127.0.0.1:4690', stateFolder: '/s' };
const optionsOf = (flags: Partial<ConnectFlags>, profile: Profile = {}, env = {}) =>
  screenOptions(flags, profile, env, account);
const options = (theme: ConnectFlags['theme'], profile: Profile = {}, env = {}) =>
  optionsOf(theme === undefined ? {} : { theme }, profile, env);

test('the theme is that of the flag, of the profile, or auto', () => {
  const xterm = { TERM: 'xterm-256color' };
  assert.equal(options(undefined, {}, xterm).theme, 'auto');
  assert.equal(options('auto', { theme: 'light' }, xterm).theme, 'auto');
  // Where the terminal might print the question, or something between swallows it, it is not asked.
  for (const env of [{}, { TERM: 'linux' }, { TERM: 'vt100' }, { TERM: 'screen' }, { STY: '1', ...xterm }])
    assert.equal(options(undefined, {}, env).theme, 'dark', JSON.stringify(env));
  assert.equal(options(undefined, {}, { TMUX: '/tmp/x,1,0', TERM: 'screen' }).theme, 'auto');
  assert.equal(options(undefined, { theme: 'light' }).theme, 'light');
  assert.equal(options('dark', { theme: 'light' }).theme, 'dark');
  const isUsage = (error: unknown) => error instanceof Failure && error.exit === 'usage';
  assert.throws(() => options(undefined, { theme: 'pink' }), isUsage);
});

test('the other settings are those of the flags, of the profile, or the defaults', () => {
  const { isAscii, ambiguousWidth, notification, keptBytes } = optionsOf({});
  assert.deepEqual([isAscii, ambiguousWidth, notification, keptBytes], [false, 1, 'off', HISTORY.maxBytesPerPeer]);
  const profile = { ascii: true, ambiguousWidth: 2, notify: 'bell', historySize: 1 };
  const kept = optionsOf({}, profile);
  assert.deepEqual(
    [kept.isAscii, kept.ambiguousWidth, kept.notification, kept.keptBytes],
    [true, 2, 'bell', 1024 * 1024],
  );
  const flags = { ascii: false, 'ambiguous-width': '1', notify: 'desktop', 'history-size': 2 } as const;
  const given = optionsOf(flags, profile);
  assert.deepEqual(
    [given.isAscii, given.ambiguousWidth, given.notification, given.keptBytes],
    [false, 1, 'desktop', 2 * 1024 * 1024],
  );
  for (const wrong of [{ notify: 'loud' }, { ambiguousWidth: 3 }, { historySize: 0 }, { historySize: 1.5 }])
    assert.throws(() => optionsOf({}, wrong), Failure, JSON.stringify(wrong));
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
  assert.equal(optionsOf({ title: true }, {}, { TERM: 'xterm' }).hasTitle, true);
  assert.equal(optionsOf({}, { title: true, mouse: true }, { TERM: 'xterm' }).hasTitle, true);
  assert.equal(optionsOf({}, { title: true, mouse: true }, { TERM: 'xterm' }).hasMouse, true);
  assert.equal(optionsOf({ title: true }, {}, { TERM: 'linux' }).hasTitle, false);
});

test('the language: flag before profile before locale; programs, ASCII and the Linux console get English', () => {
  const env = { LANG: 'zh_CN.UTF-8', TERM: 'xterm-256color' };
  assert.equal(chatLanguage({ json: false }, {}, env), 'zh-CN');
  assert.equal(chatLanguage({ json: false }, { lang: 'en' }, env), 'en');
  assert.equal(chatLanguage({ json: false, lang: 'zh-CN' }, { lang: 'en', ascii: true }, { TERM: 'linux' }), 'zh-CN');
  assert.equal(chatLanguage({ json: false, lang: 'auto' }, { lang: 'zh-CN' }, {}), 'en');
  assert.equal(chatLanguage({ json: true, lang: 'zh-CN' }, {}, env), 'en');
  assert.equal(chatLanguage({ json: false, ascii: true }, {}, env), 'en');
  assert.equal(chatLanguage({ json: false }, {}, { ...env, TERM: 'linux' }), 'en');
  assert.throws(() => chatLanguage({ json: false }, { lang: 'zh' }, env), /lang in profile\.json is zh.*en, zh-CN/);
});
