/** The real file system behind its port: what the port promises and no fake can show. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../src/io/files.js';

test('folders are made with all that are missing around them, private, and are there when they were there', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'im-files-'));
  t.after(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'a', 'b', 'c');
  await realFiles.makeFolder(folder);
  for (const made of ['a', 'a/b', 'a/b/c']) assert.equal((await stat(join(parent, made))).mode & 0o777, 0o700, made);
  await realFiles.makeFolder(`${folder}/../c/`);
  assert.deepEqual(await realFiles.list(folder), []);
});
