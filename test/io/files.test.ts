/** The real file system: promises of the Files interface that a fake cannot show. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../src/io/files.js';

test('makeFolder creates missing parents with mode 0700, and accepts an existing folder', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'im-files-'));
  t.after(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'a', 'b', 'c');
  await realFiles.makeFolder(folder);
  for (const made of ['a', 'a/b', 'a/b/c']) assert.equal((await stat(join(parent, made))).mode & 0o777, 0o700, made);
  await realFiles.makeFolder(`${folder}/../c/`);
  assert.deepEqual(await realFiles.list(folder), []);
});
