import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTokenStore } from '../../../src/cli/login/token-store.js';

test('tokens are stored per server and user, in private files', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokens = openTokenStore(join(folder, 'config'));
  assert.equal(await tokens.find('here', 'alice'), undefined);
  await tokens.save('here', 'alice', 'im_1');
  await tokens.save('here', 'alice', 'im_2');
  await tokens.save('there', 'alice', 'im_3');
  assert.equal(await tokens.find('here', 'alice'), 'im_2');
  assert.equal(await tokens.find('there', 'alice'), 'im_3');
  assert.equal(await tokens.find('here', 'bob'), undefined);
  const stored = join(folder, 'config/tokens/here');
  assert.deepEqual(await readdir(stored), ['alice'], 'no temporary file is left');
  assert.equal((await stat(join(stored, 'alice'))).mode & 0o777, 0o600);
  for (const path of [stored, join(folder, 'config')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
  await tokens.remove('here', 'alice');
  await tokens.remove('here', 'alice');
  assert.equal(await tokens.find('here', 'alice'), undefined);
});
