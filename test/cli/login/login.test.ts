import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { findToken, type LoginFlags } from '../../../src/cli/login/login.js';
import { openTokenStore } from '../../../src/cli/login/token-store.js';
import { createFakeOutput } from '../fake-output.js';

test('a token that is given comes before a stored one', async (t) => {
  const config = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(config, { recursive: true }));
  await openTokenStore(config).save('here', 'alice', 'stored');
  const path = join(config, 'file');
  await writeFile(path, 'from-file\n', { mode: 0o600 });
  const target = {
    profile: { user: 'bob', tokenFile: path },
    folders: { config, data: '/none', state: '/none' },
    server: { url: 'ws://127.0.0.1:1', key: 'here', data: undefined },
  };
  const find = (user: string, flags: LoginFlags) =>
    findToken(flags, target, user, createFakeOutput(), Readable.from([Buffer.from('from-stdin\nrest')]));
  assert.equal(await find('alice', { as: 'alice' }), 'stored');
  assert.equal(await find('alice', { as: 'alice', 'token-file': path }), 'from-file');
  assert.equal(await find('alice', { as: 'alice', 'token-stdin': true }), 'from-stdin');
  assert.equal(await find('bob', {}), 'from-file', 'the profile names a token file for its user');
  assert.equal(await find('carol', { as: 'carol' }), undefined);
});
