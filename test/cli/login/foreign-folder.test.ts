import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../../src/cli/errors/exit-codes.js';
import { isForeign } from '../../../src/cli/login/foreign-folder.js';
import { im, makeHome } from '../../harness/process.js';

test('a folder with other files and nothing of a store is used for something else', () => {
  const table: [string[], boolean][] = [
    [[], false],
    [['photo.jpg'], true],
    [['lock', 'photo.jpg'], true],
    [['lost+found', '.snapshot'], false],
    [['lock', 'lock-1.sock', 'lock.tmp'], false],
    [['users.json.tmp', 'lock'], false],
    [['operator.token'], false],
    [['journal', 'mailboxes', 'notes'], false],
    [['store.json', 'notes'], false],
    [['users.json', 'notes'], false],
  ];
  for (const [names, expected] of table) assert.equal(isForeign(names), expected, names.join(' '));
});

test('no store is written into a folder that is used for something else', async (t) => {
  const env = await makeHome(t);
  const folder = join(env.HOME ?? '', 'photos');
  await mkdir(folder);
  await writeFile(join(folder, 'a.jpg'), '');
  for (const words of [
    ['serve', '--port', '0'],
    ['user', 'add', 'alice'],
  ]) {
    const { code, stdout, stderr } = await im(t, [...words, '--data', folder], { env });
    assert.deepEqual([code, stdout], [EXIT_CODES['data-unusable'].code, ''], stderr);
    const [what, why, next] = stderr.split(/\n */);
    assert.equal(what, `im: ${folder} is not empty and has no store`);
    assert.deepEqual([why, next], ['nothing was changed', 'name another folder: --data DIR']);
  }
  assert.deepEqual(await readdir(folder), ['a.jpg']);
});
