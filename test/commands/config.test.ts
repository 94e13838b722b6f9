import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome } from '../harness/process.js';

test('settings are set, shown and taken away', async (t) => {
  const env = await makeHome(t);
  const config = (...words: string[]) => im(t, ['config', ...words], { env });
  const path = (await config('path')).stdout.trimEnd();
  assert.equal(path, join(env.HOME ?? '', '.config/im/profile.json'));
  assert.equal((await config('get', 'theme')).stdout, 'auto\n');
  for (const [key, value] of [
    ['theme', 'light'],
    ['history-size', '8'],
    ['ascii', 'true'],
  ] as const) {
    const { code, stdout, stderr } = await config('set', key, value);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
  }
  assert.equal(await readFile(path, 'utf8'), '{\n  "theme": "light",\n  "historySize": 8,\n  "ascii": true\n}\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await config('get', 'historySize')).stdout, '8\n');
  const list = (await config('list')).stdout;
  assert.match(list, /^theme +light +config +colors/m);
  assert.match(list, /^notify +off +default/m);
  const seen = await im(t, ['config', 'list'], { env: { ...env, IM_CONNECT_THEME: 'dark' } });
  assert.match(seen.stdout, /^theme +dark +IM_CONNECT_THEME/m);
  const json = await config('get', 'theme', '--json');
  assert.deepEqual(JSON.parse(json.stdout), { key: 'theme', value: 'light', from: 'config' });
  assert.equal((await config('unset', 'theme')).code, 0);
  assert.equal((await config('get', 'theme')).stdout, 'auto\n');
  assert.deepEqual(await readdir(join(path, '..')), ['profile.json'], 'nothing else is left');
});

test('what is wrong is refused, and changes nothing', async (t) => {
  const env = await makeHome(t);
  const config = (...words: string[]) => im(t, ['config', ...words], { env });
  const folder = join(env.HOME ?? '', '.config/im');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'profile.json');
  await writeFile(path, '{"theme":"light"}');
  const tables: [string[], RegExp][] = [
    [['set', 'thme', 'dark'], /there is no setting thme\n.*did you mean theme\?/],
    [['get', 'token'], /there is no setting token\n.*the settings are: url, /],
    [['set', 'theme', 'pink'], /pink is not one of: auto, dark, light/],
    [['set', 'theme'], /value/i],
    [['unset', '__proto__'], /there is no setting/],
  ];
  for (const [words, problem] of tables) {
    const { code, stderr } = await config(...words);
    assert.equal(code, EXIT_CODES.usage.code, words.join(' '));
    assert.match(stderr, problem);
  }
  assert.equal(await readFile(path, 'utf8'), '{"theme":"light"}');
  for (const broken of ['{"theme":"light"', '{"colour":"red"}', '{"ascii":"yes"}']) {
    await writeFile(path, broken);
    assert.equal((await config('set', 'user', 'alice')).code, EXIT_CODES.usage.code, broken);
    assert.equal(await readFile(path, 'utf8'), broken);
  }
});

test('a symbolic link to the settings stays one, and the file behind it becomes private', async (t) => {
  const env = await makeHome(t);
  const home = env.HOME ?? '';
  await mkdir(join(home, '.config/im'), { recursive: true });
  await writeFile(join(home, 'dotfile.json'), '{"user":"alice"}');
  await chmod(join(home, 'dotfile.json'), 0o644);
  await symlink(join(home, 'dotfile.json'), join(home, '.config/im/profile.json'));
  assert.equal((await im(t, ['config', 'set', 'notify', 'bell'], { env })).code, 0);
  assert.ok((await lstat(join(home, '.config/im/profile.json'))).isSymbolicLink());
  assert.deepEqual(JSON.parse(await readFile(join(home, 'dotfile.json'), 'utf8')), { user: 'alice', notify: 'bell' });
  assert.equal((await stat(join(home, 'dotfile.json'))).mode & 0o777, 0o600);
});

test('keys of the chat are set, shown and taken away, and what is wrong with them is said', async (t) => {
  const env = await makeHome(t);
  const config = (...words: string[]) => im(t, ['config', ...words], { env });
  const path = join(env.HOME ?? '', '.config/im/profile.json');
  assert.equal((await config('set', 'keys.search', 'Alt+S, ctrl+x ctrl+s')).code, 0);
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), { keys: { search: ['alt+s', 'ctrl+x ctrl+s'] } });
  assert.equal((await config('get', 'keys.search')).stdout, 'alt+s, ctrl+x ctrl+s\n');
  const all = (await config('get', 'keys')).stdout;
  assert.match(all, /^keys\.search +alt\+s, ctrl\+x ctrl\+s +config +search all messages$/m);
  assert.match(all, /^keys\.next +ctrl\+n +default +next conversation/m);
  assert.match((await config('list')).stdout, /^keys +search +config +keys of the chat/m);
  const conflict = await config('set', 'keys.search', 'ctrl+n');
  assert.equal(conflict.code, EXIT_CODES.usage.code);
  assert.match(conflict.stderr, /ctrl\+n is the key of next and of search/);
  assert.match((await config('set', 'keys', 'alt+s')).stderr, /one for each action/);
  assert.equal((await config('unset', 'keys.search')).code, 0);
  assert.equal(await readFile(path, 'utf8'), '{}\n');
  // A hostile file does no harm, and is shown.
  await writeFile(
    path,
    JSON.stringify({ keys: { '\u001b]0;x\u0007': 'f5', search: '\u001b[2J' } }).replace('{"', '{"__proto__":{},"'),
  );
  const { code, stderr } = await config('get', 'keys');
  assert.deepEqual([code, /__proto__ is not one of them/.test(stderr)], [EXIT_CODES.usage.code, true], stderr);
  await writeFile(path, JSON.stringify({ keys: { '\u001b]0;x\u0007': 'f5', search: '\u001b[2J' } }));
  const { stdout } = await config('get', 'keys');
  assert.match(stdout, /no such action/);
  assert.doesNotMatch(stdout, /[\u001b\u0007]/);
  await writeFile(path, '{"keys":{"search":5}}');
  assert.match((await config('list')).stderr, /keys has to be an object with keys by action/);
});
