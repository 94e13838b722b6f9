import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
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

test('the mark that an older version left while it added a user is no token, and is replaced', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokens = openTokenStore(folder);
  await tokens.save('here', 'alice', 'adding since 1795459977700');
  assert.equal(await tokens.find('here', 'alice'), undefined);
  await tokens.save('here', 'alice', 'im_1');
  assert.equal(await tokens.find('here', 'alice'), 'im_1');
});

test('a kept token with CRLF, as an editor leaves it, is the same token', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'tokens/here'), { recursive: true });
  await writeFile(join(folder, 'tokens/here/alice'), '\ufeffim_1 \r\n');
  assert.equal(await openTokenStore(folder).find('here', 'alice'), 'im_1');
});

test('work is done by one at a time, also after one has failed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  let running = 0;
  const work = async (index: number): Promise<number> => {
    assert.equal(++running, 1);
    await readdir(folder);
    running--;
    if (index === 1) throw new Error('one fails');
    return index;
  };
  const all = [0, 1, 2, 3].map((index) => openTokenStore(folder).exclusive(() => work(index)));
  const results = await Promise.allSettled(all);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(await readdir(join(folder, 'tokens')), [], 'nothing is left behind');
});

test('what the system refuses names the folder and the variable for another one; a file in its place is no token', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');
  const tokens = openTokenStore(join(folder, 'file'));
  const refused = (error: unknown) =>
    error instanceof Failure && error.exit === 'data-unusable' && /XDG_CONFIG_HOME/.test(error.next ?? '');
  assert.equal(await tokens.find('here', 'alice'), undefined);
  await assert.rejects(tokens.save('here', 'alice', 'im_1'), refused);
  await assert.rejects(
    tokens.exclusive(async () => undefined),
    refused,
  );
  await tokens.remove('here', 'alice');
});
