import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { parseProfile, readProfile } from '../../../src/cli/login/profile.js';

test('a profile is an object of known keys, each with its type', () => {
  assert.deepEqual(parseProfile('{"user":"alice","url":"wss://chat.example"}', 'p'), {
    user: 'alice',
    url: 'wss://chat.example',
  });
  for (const text of [
    '',
    '[]',
    '"alice"',
    '{"user":1}',
    '{"token":"im_secret"}',
    '{"ascii":"true"}',
    '{"historySize":"8"}',
    '{"__proto__":"x"}',
  ]) {
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

test('a profile that is there and cannot be read is a failure, not an empty profile', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const refused = (error: unknown) =>
    error instanceof Failure && error.exit === 'data-unusable' && /XDG_CONFIG_HOME/.test(error.next ?? '');
  await mkdir(join(folder, 'profile.json'));
  await assert.rejects(readProfile(folder), refused);
});

const isRoot = process.getuid?.() === 0;

test('a folder closed to this account is no profile; a closed file is a failure', {
  skip: isRoot && 'root may',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'profile.json'), '{"user":"alice"}', { mode: 0o000 });
  await assert.rejects(readProfile(folder), Failure);
  await chmod(folder, 0o000);
  assert.deepEqual(await readProfile(folder), {});
  await chmod(folder, 0o700);
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
