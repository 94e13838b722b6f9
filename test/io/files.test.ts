/** The real file system: promises of the Files interface that a fake cannot show. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

test('makeFolder rejects with the reason of the system, and makes nothing', { timeout: 30_000 }, async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'im-files-'));
  t.after(() => rm(parent, { recursive: true }));
  await writeFile(join(parent, 'file'), '');
  await symlink(join(parent, 'nowhere'), join(parent, 'link'));
  for (const [path, code] of [
    ['file', 'ENOTDIR'],
    ['file/a', 'ENOTDIR'],
    ['link', 'EEXIST'],
    ['x'.repeat(300), 'ENAMETOOLONG'],
  ] as const) {
    await assert.rejects(realFiles.makeFolder(join(parent, path)), { code }, path);
  }
  assert.deepEqual((await realFiles.list(parent)).sort(), ['file', 'link']);
  // File systems that refuse new folders, each with its own error: the one of the first missing folder counts.
  for (const root of process.platform === 'linux' ? ['/sys', '/proc'] : []) {
    const { code } = (await mkdir(join(root, 'im-test')).catch((error: NodeJS.ErrnoException) => error)) ?? {};
    assert.ok(code !== undefined);
    await assert.rejects(realFiles.makeFolder(join(root, 'im-test/a/b')), { code }, root);
  }
});

test('makeFolder may run twice at once', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'im-files-'));
  t.after(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'a/b/c');
  await Promise.all(Array.from({ length: 8 }, () => realFiles.makeFolder(folder)));
  assert.ok((await stat(folder)).isDirectory());
});
