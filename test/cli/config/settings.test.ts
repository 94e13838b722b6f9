import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { effective } from '../../../src/cli/config/config.js';
import { findKey, PLAIN_KEYS, SETTINGS } from '../../../src/cli/config/settings.js';
import { connectFlags } from '../../../src/cli/connect/connect-flags.js';
import { type PlainKey, PROFILE_KEYS, parseSettings } from '../../../src/cli/login/profile.js';

test('every value that is taken is a valid profile; what is not taken is explained', () => {
  const taken: [PlainKey, string, string | number | boolean][] = [
    ['url', 'wss://chat.example', 'wss://chat.example'],
    ['user', 'alice', 'alice'],
    ['data', '~/data', '~/data'],
    ['data', 'data', join(process.cwd(), 'data')],
    ['tokenFile', '/t', '/t'],
    ['device', 'desktop', 'desktop'],
    ['theme', 'auto', 'auto'],
    ['notify', 'desktop-text', 'desktop-text'],
    ['notify', 'on', 'bell'],
    ['mouse', 'on', true],
    ['title', 'off', false],
    ['plain', 'true', true],
    ['ascii', 'false', false],
    ['ambiguousWidth', '2', 2],
    ['historySize', '128', 128],
  ];
  for (const [key, text, value] of taken) {
    assert.deepEqual(SETTINGS[key].parse(text), value, key);
    assert.deepEqual(parseSettings(JSON.stringify({ [key]: value }), 'p'), { [key]: value });
  }
  const refused: [PlainKey, string][] = [
    ['url', 'http://chat.example'],
    ['url', ''],
    ['user', 'Not a name'],
    ['device', '../x'],
    ['data', '-'],
    ['tokenFile', '~bob/t'],
    ['theme', 'pink'],
    ['notify', ''],
    ['ascii', 'yes'],
    ['ambiguousWidth', '3'],
    ['ambiguousWidth', '1.5'],
    ['historySize', '0'],
    ['historySize', '-1'],
    ['historySize', '1e3'],
  ];
  for (const [key, text] of refused) {
    const value = SETTINGS[key].parse(text);
    assert.ok(typeof value === 'object' && value.problem !== '', `${key} ${text}`);
  }
});

test('a key is found also as its flag is written', () => {
  assert.equal(findKey('tokenFile'), 'tokenFile');
  assert.equal(findKey('token-file'), 'tokenFile');
  assert.equal(findKey('ambiguous-width'), 'ambiguousWidth');
  for (const key of PROFILE_KEYS) assert.equal(findKey(key), key);
  for (const none of ['token', '__proto__', 'constructor', '']) assert.equal(findKey(none), undefined);
});

test('every flag of im connect that chooses how it looks can stay, and has the variable that is named', () => {
  for (const [name, flag] of Object.entries(connectFlags)) {
    const key = findKey(name);
    const plain = PLAIN_KEYS.find((one) => one === key);
    assert.ok(plain !== undefined, name);
    assert.equal(SETTINGS[plain].env, flag.env);
  }
});

test('the environment comes before the settings, and these before the defaults', () => {
  const profile = { theme: 'light' };
  assert.deepEqual(effective('theme', profile, { IM_CONNECT_THEME: 'dark' }), {
    key: 'theme',
    value: 'dark',
    from: 'environment',
  });
  assert.deepEqual(effective('theme', profile, {}), { key: 'theme', value: 'light', from: 'config' });
  assert.deepEqual(effective('theme', {}, {}), { key: 'theme', value: 'auto', from: 'default' });
  assert.deepEqual(effective('url', {}, {}), { key: 'url', value: '', from: 'default' });
});
