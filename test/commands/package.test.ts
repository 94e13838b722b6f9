import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

test('the packed package finds its commands when it is installed elsewhere', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const env = { PATH: process.env.PATH, HOME: folder };
  // Without scripts: they would rebuild dist/ while other tests use it.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root, env });
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  await run('tar', ['-xzf', tarball as string], { cwd: folder });
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(root, 'node_modules'))) {
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await rename(join(folder, 'package'), join(modules, 'im'));

  const files = await readdir(join(modules, 'im'), { recursive: true });
  assert.deepEqual(
    files.filter((file) => /(^|\/)(test|src)\//.test(file) && !file.startsWith('dist/src/')),
    [],
  );
  const { stdout } = await run(process.execPath, [join(modules, 'im/bin/run.js'), '--help'], { env });
  for (const command of ['serve', 'send', 'listen', 'connect', 'user'])
    assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  const list = await run(process.execPath, [join(modules, 'im/bin/run.js'), 'user', 'list'], { env });
  assert.equal(list.stdout, '');
});
