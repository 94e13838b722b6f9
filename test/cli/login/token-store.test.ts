import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTokenStore } from '../../../src/cli/login/token-store.js';

test('a token is kept per server and user, for nobody else to read', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokens = openTokenStore(join(folder, 'config'));
  assert.equal(await tokens.find('here', 'alice'), undefined);
  await tokens.keep('here', 'alice', 'im_1');
  await tokens.keep('here', 'alice', 'im_2');
  await tokens.keep('there', 'alice', 'im_3');
  assert.equal(await tokens.find('here', 'alice'), 'im_2');
  assert.equal(await tokens.find('there', 'alice'), 'im_3');
  assert.equal(await tokens.find('here', 'bob'), undefined);
  const kept = join(folder, 'config/tokens/here');
  assert.deepEqual(await readdir(kept), ['alice'], 'no draft is left behind');
  assert.equal((await stat(join(kept, 'alice'))).mode & 0o777, 0o600);
  for (const path of [kept, join(folder, 'config')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
  await tokens.forget('here', 'alice');
  await tokens.forget('here', 'alice');
  assert.equal(await tokens.find('here', 'alice'), undefined);
});
