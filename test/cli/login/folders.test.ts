import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { findFolders } from '../../../src/cli/login/folders.js';

const usual = { data: '/home/a/.local/share/im', state: '/home/a/.local/state/im', config: '/home/a/.config/im' };

test('folders come from the XDG variables, or their defaults', () => {
  assert.deepEqual(
    findFolders({}, () => '/home/a'),
    usual,
  );
  assert.deepEqual(
    findFolders({ XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c' }, () => '/home/a'),
    { data: '/d/im', state: '/s/im', config: '/c/im' },
  );
});

test('an XDG variable that is empty or not absolute is ignored', () => {
  assert.deepEqual(
    findFolders({ XDG_DATA_HOME: '', XDG_STATE_HOME: 'here' }, () => '/home/a'),
    usual,
  );
});

test('without a home folder the failure names the variables to set', () => {
  const noHome = () => {
    throw new Error('ENOENT');
  };
  assert.throws(
    () => findFolders({}, noHome),
    (error) => error instanceof Failure && /XDG_CONFIG_HOME/.test(error.next ?? ''),
  );
});

test('~/ in an XDG variable is the home folder, and the home of somebody else is refused', () => {
  const folders = findFolders({ XDG_DATA_HOME: '~/d', XDG_STATE_HOME: '~', XDG_CONFIG_HOME: '~/.c/' }, () => '/home/a');
  assert.deepEqual(folders, { data: '/home/a/d/im', state: '/home/a/im', config: '/home/a/.c/im' });
  assert.throws(
    () => findFolders({ XDG_STATE_HOME: '~bob/s' }, () => '/home/a'),
    (error) => error instanceof Failure && /^XDG_STATE_HOME is ~bob\/s/.test(error.message),
  );
});
