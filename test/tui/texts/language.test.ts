/** Which language an environment asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from '../../../src/tui/texts/language.js';

test('simplified Chinese is chosen for its locales; all others are English', () => {
  const chinese = ['zh_CN.UTF-8', 'zh_CN', 'zh-CN', 'zh_SG.utf8', 'zh_Hans', 'zh-Hans-HK', 'ZH_cn@pinyin', 'zh'];
  const others = [
    'zh_TW.UTF-8',
    'zh_HK',
    'zh-Hant',
    'zh_Hant_CN',
    'C',
    'C.UTF-8',
    'POSIX',
    'en_US.UTF-8',
    'de_DE',
    'zha',
  ];
  for (const LANG of chinese) assert.equal(languageOf({ LANG }), 'zh-CN', LANG);
  for (const LANG of [...others, '', 'constructor', '\u001b[31m']) assert.equal(languageOf({ LANG }), 'en', LANG);
  assert.equal(languageOf({}), 'en');
});

test('LC_ALL comes before LC_MESSAGES, and that before LANG; an empty one does not count', () => {
  const LANG = 'zh_CN.UTF-8';
  assert.equal(languageOf({ LANG, LC_ALL: 'C' }), 'en');
  assert.equal(languageOf({ LANG, LC_MESSAGES: 'en_US.UTF-8' }), 'en');
  assert.equal(languageOf({ LANG, LC_MESSAGES: 'en_US.UTF-8', LC_ALL: 'zh_SG' }), 'zh-CN');
  assert.equal(languageOf({ LANG, LC_MESSAGES: '', LC_ALL: '' }), 'zh-CN');
});
