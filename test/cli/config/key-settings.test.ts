/** The settings `keys.ACTION`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keySetting, keySettings, withKeys, withoutKeys } from '../../../src/cli/config/key-settings.js';
import { chatKeymap } from '../../../src/cli/connect/chat-keys.js';
import type { Failure } from '../../../src/cli/errors/failure.js';
import { BINDINGS } from '../../../src/tui/screen/keys.js';

const failure = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    const { exit, message, next } = error as Failure;
    return `${exit}: ${message}; ${next}`;
  }
  return 'done';
};

test('keys are kept as a text, several as a list, none as an empty list', () => {
  assert.deepEqual(withKeys({ undo: 'f9' }, 'search', 'Alt-S'), { undo: 'f9', search: 'alt+s' });
  assert.deepEqual(withKeys({}, 'search', 'alt+shift+s, C-x C-s'), { search: ['alt+shift+s', 'ctrl+x ctrl+s'] });
  assert.deepEqual(withKeys({}, 'yank', 'none'), { yank: [] });
  assert.deepEqual(withKeys({}, 'quit', 'ctrl+q'), { quit: ['ctrl+c', 'ctrl+q'] });
  assert.deepEqual(withoutKeys({ yank: [], search: 'f5' }, 'yank'), { search: 'f5' });
});

test('a conflict, an unknown action and an unknown key are refused, and say what is known', () => {
  assert.match(
    failure(() => withKeys({}, 'search', 'ctrl+n')),
    /^usage: keys\.search is not set: ctrl\+n is the key of next and of search; .*im config set keys\.next none/,
  );
  assert.match(
    failure(() => withoutKeys({ yank: [], search: 'ctrl+y' }, 'yank')),
    /keys\.yank is not unset: ctrl\+y is the key of search and of yank/,
  );
  assert.match(
    failure(() => withKeys({}, 'serach', 'f5')),
    /there is no action serach; did you mean search\?/,
  );
  assert.match(
    failure(() => withKeys({}, '__proto__', 'f5')),
    /no action __proto__; the actions are: send, newline, /,
  );
  assert.match(
    failure(() => withKeys({}, 'search', 'hyper+s')),
    /hyper\+s is not the name of a key; a key is ctrl\+x/,
  );
  assert.match(
    failure(() => withoutKeys({}, 'nothing')),
    /there is no action nothing/,
  );
});

test('mistakes in the file are mended one by one', () => {
  const broken = { bogus: 'f5', search: 'ctrl+n', undo: 'nokey' };
  assert.match(
    failure(() => chatKeymap(broken)),
    /keys\.undo in profile\.json: nokey is not the name of a key/,
  );
  const first = withoutKeys(broken, 'undo');
  assert.match(
    failure(() => chatKeymap(first)),
    /keys in profile\.json: there is no action bogus/,
  );
  const second = withoutKeys(first, 'bogus');
  assert.match(
    failure(() => chatKeymap(second)),
    /ctrl\+n is the key of next and of search/,
  );
  assert.equal(chatKeymap(withKeys(second, 'search', 'f5')).actionOf('f5'), 'search');
});

test('all actions are listed, also what is set for others', () => {
  const all = keySettings({ search: 'f5', undo: 'nokey', bogus: ['x', 'y'] });
  assert.equal(all.length, BINDINGS.length + 1);
  assert.deepEqual(all.at(-1), {
    key: 'keys.bogus',
    value: 'x, y',
    from: 'config',
    meaning: 'there is no such action',
  });
  const shown = (action: string) => {
    const { value, from } = keySetting({ search: 'f5', undo: 'nokey' }, action);
    return `${value} ${from}`;
  };
  assert.deepEqual(['search', 'undo', 'next'].map(shown), ['f5 config', 'nokey config', 'ctrl+n default']);
});
