import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { parseProfile, readProfile } from '../../../src/cli/login/profile.js';

test('a profile is an object of known keys with strings', () => {
  assert.deepEqual(parseProfile('{"user":"alice","url":"wss://chat.example"}', 'p'), {
    user: 'alice',
    url: 'wss://chat.example',
  });
  for (const text of ['', '[]', '"alice"', '{"user":1}', '{"token":"im_secret"}']) {
    assert.throws(
      () => parseProfile(text, 'p'),
      (error) => error instanceof Failure && error.exit === 'usage',
      text,
    );
  }
});

test('a missing profile is empty', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  assert.deepEqual(await readProfile(folder), {});
});

test('~/ in its paths is the home folder; what is no path is refused', () => {
  assert.deepEqual(parseProfile('{"data":"~/d","tokenFile":"~/t"}', 'p'), {
    data: join(homedir(), 'd'),
    tokenFile: join(homedir(), 't'),
  });
  assert.deepEqual(parseProfile('{"user":"~/x"}', 'p'), { user: '~/x' });
  for (const text of ['{"data":"~bob/d"}', '{"data":""}', '{"data":"-"}', '{"tokenFile":"-"}']) {
    assert.throws(
      () => parseProfile(text, 'p'),
      (error) => error instanceof Failure && error.exit === 'usage' && / in p is /.test(error.message),
      text,
    );
  }
});
