import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { expandHome, findHome, toAbsolute } from '../../../src/cli/input/typed-path.js';

const home = () => '/home/a';

test('~ at the front is the home folder; other paths stay as they are', () => {
  for (const [typed, path] of [
    ['~', '/home/a'],
    ['~/', '/home/a/'],
    ['~/im data', '/home/a/im data'],
    ['~/../b', '/home/b'],
    ['./~', './~'],
    ['/srv/~/x', '/srv/~/x'],
    ['x~', 'x~'],
    ['-', '-'],
  ] as const) {
    assert.equal(expandHome(typed, home), path);
  }
});

test('the home of somebody else and an empty path are problems', () => {
  for (const [typed, problem] of [
    ['~other/x', /^is ~other\/x, and only ~\/ is known/],
    ['~other', /\.\/~other$/],
    ['~~/x', /only ~\/ is known/],
    ['', /^is empty$/],
  ] as const) {
    const expanded = expandHome(typed, home);
    assert.match(typeof expanded === 'object' ? expanded.problem : expanded, problem);
  }
});

test('an empty or relative HOME is no home: nothing is made in the working folder', () => {
  for (const folder of ['', 'here', '.']) {
    assert.throws(
      () => findHome(() => folder),
      (error) => error instanceof Failure && error.exit === 'usage' && /set HOME/.test(error.next ?? ''),
    );
  }
});

test('a relative path is below the working folder, if the path of that is UTF-8', () => {
  assert.equal(
    toAbsolute('x/../y', () => '/srv'),
    '/srv/y',
  );
  const broken = () => '/srv/caf\ufffd';
  assert.equal(toAbsolute('/x/', broken), '/x');
  assert.throws(
    () => toAbsolute('x', broken),
    (error) => error instanceof Failure && error.exit === 'usage' && /working folder is not UTF-8/.test(error.message),
  );
});
