/** A data folder that cannot be read, or cannot be made: every command says so, and asks no other server. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome } from '../harness/process.js';
import { readManifest } from '../manifest.js';
import { serve } from './server.js';

const server = await serve(fileScope());
const token = (await server.im(['user', 'add', 'bob'])).stdout;

/** The arguments of each command that has --data. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  ask: ['ask', 'bob', 'hi', '--as', 'operator'],
  backup: ['backup', 'copy'],
  block: ['block', 'bob', '--as', 'operator'],
  blocked: ['blocked', 'bob'],
  connect: ['connect', 'bob', '--plain'],
  devices: ['devices', 'bob'],
  'devices remove': ['devices', 'remove', 'phone', '--of', 'bob'],
  doctor: ['doctor', '--as', 'bob'],
  history: ['history', '--as', 'bob'],
  'inspect-queue': ['inspect-queue'],
  listen: ['listen', '--as', 'bob', '--timeout', '5s'],
  purge: ['purge', 'bob', '--yes'],
  replay: ['replay', 'bob'],
  restore: ['restore', server.data],
  send: ['send', 'bob', 'hi', '--as', 'bob'],
  serve: ['serve', '--port', '0'],
  trace: ['trace', 'm1'],
  unblock: ['unblock', 'bob', '--as', 'operator'],
  unsend: ['unsend', 'm1', '--to', 'bob', '--as', 'operator'],
  'user add': ['user', 'add', 'carol'],
  'user allow': ['user', 'allow', 'bob'],
  'user list': ['user', 'list'],
  'user remove': ['user', 'remove', 'bob'],
  'user rotate': ['user', 'rotate', 'bob'],
  'user token add': ['user', 'token', 'add', 'bob'],
  'user token list': ['user', 'token', 'list', 'bob'],
  'user token revoke': ['user', 'token', 'revoke', 'bob', 'laptop'],
};

const { commands } = readManifest(join(import.meta.dirname, '../../..'));
const withData = commands.filter(({ flags }) => flags.some(({ name }) => name === 'data')).map(({ words }) => words);
const isRoot = process.getuid?.() === 0;
const UNUSABLE = EXIT_CODES['data-unusable'].code;

test('every command is tested here', () => {
  assert.deepEqual(withData.sort(), Object.keys(LINES).sort());
});

test('a data folder that cannot be read ends every command with 8; with a URL it does not matter', async (t) => {
  const env = await makeHome(t);
  const home = env.HOME ?? '';
  const config = join(home, '.config/im');
  await mkdir(config, { recursive: true });
  const file = join(home, 'file');
  await writeFile(file, '');
  const loop = join(home, 'loop');
  await symlink(loop, loop);
  const closed = join(home, 'closed');
  await mkdir(closed);
  await chmod(closed, isRoot ? 0o700 : 0);
  const folders = [file, join(file, 'below'), loop, ...(isRoot ? [] : [closed])];
  const names = await readdir(home);
  for (const [index, words] of [...withData, ...folders.map(() => 'send')].entries()) {
    const folder = folders[index % folders.length] ?? file;
    const named = index % 2 === 0 ? ['--data', folder] : [];
    const more: Record<string, string> = { ...env, IM_TOKEN: token.trim(), IM_DATA: folder };
    const { code, stdout, stderr } = await im(t, [...(LINES[words] ?? []), ...named], { env: more });
    assert.equal(code, UNUSABLE, `im ${words} with ${folder}\n${stdout}${stderr}`);
    if (words === 'doctor')
      assert.match(stdout, /^problem {2}data .* cannot be used: .* - repair it, or name another/m);
    else assert.match(stderr, /^im: .* cannot be read\n {4}E\w+: .*\n {4}.*use another folder: --data DIR\n$/);
  }
  await writeFile(join(config, 'profile.json'), JSON.stringify({ data: file }));
  const asBob = { ...env, IM_TOKEN: token.trim() };
  const send = LINES.send ?? [];
  assert.equal((await im(t, send, { env: asBob })).code, UNUSABLE, 'data of the profile');
  assert.equal((await im(t, [...send, '--url', server.url], { env: asBob })).code, 0);
  assert.deepEqual(await readdir(home), names);
});

test('a named data folder without a store ends every command that needs one with 8; no other server is asked', async (t) => {
  const env = await makeHome(t);
  const home = env.HOME ?? '';
  const missing = join(home, 'typo');
  const without = ['backup', 'history', 'restore', 'serve', 'user add']; // They need no store, or make one.
  const flag = async (words: string, ...more: string[]) => {
    const { code, stdout, stderr } = await im(t, [...(LINES[words] ?? []), ...more], { env });
    assert.equal(code, UNUSABLE, `im ${words}\n${stdout}${stderr}`);
    const [, what, next] = /there is no store in (\S+)(?:\n {4}| - )(.*)\n/.exec(stdout + stderr) ?? [];
    assert.equal(what, missing, `im ${words}\n${stdout}${stderr}`);
    assert.equal(next, 'name the right folder: --data DIR; im serve --data DIR makes one', words);
  };
  await Promise.all(
    withData.filter((words) => !without.includes(words)).map((words) => flag(words, '--data', missing)),
  );
  await mkdir(join(home, '.config/im'), { recursive: true });
  await writeFile(join(home, '.config/im/profile.json'), JSON.stringify({ data: missing }));
  await flag('send');
  const more = { ...env, IM_DATA: missing, IM_TOKEN: token.trim() };
  const elsewhere = await im(t, [...(LINES.send ?? []), '--url', server.url], { env: more });
  assert.equal(elsewhere.code, 0, elsewhere.stderr);
  assert.deepEqual(await readdir(home), ['.config'], 'nothing was made');
});

test('a default data folder that this account sees but cannot read ends a command with 8, too', async (t) => {
  const env = await makeHome(t);
  const data = join(env.HOME ?? '', 'share/im');
  await mkdir(join(data, '..'));
  await writeFile(data, '');
  const more = { ...env, IM_TOKEN: token.trim(), XDG_DATA_HOME: join(data, '..') };
  const { code, stderr } = await im(t, LINES.send ?? [], { env: more });
  assert.equal(code, UNUSABLE, stderr);
});

const skip = process.platform !== 'linux' && 'there is no /proc';
test('where no folder can be made, every door to one ends at once', { skip, timeout: 60_000 }, async (t) => {
  const own = await makeHome(t);
  const home = own.HOME ?? '';
  const env = { ...own, IM_TOKEN: 'im_x' };
  for (const folder of ['/proc/im/data', '/proc/self/im']) {
    for (const words of [
      ['serve', '--data', folder],
      ['user', 'add', 'carol', '--data', folder],
      ['backup', folder, '--data', server.data],
      ['restore', server.data, '--data', folder],
      ['restore', folder, '--data', join(home, 'new')],
      ['doctor', '--as', 'bob', '--timeout', '1ms', '--data', folder],
    ]) {
      const { code, stdout, stderr } = await im(t, words, { env });
      assert.ok(
        code === UNUSABLE || code === EXIT_CODES['not-stored'].code,
        `im ${words.join(' ')}: ${code}\n${stderr}`,
      );
      assert.match(stdout + stderr, /cannot be (used|made)|nothing can be written|there is no store/, words.join(' '));
    }
    const connecting = ['connect', 'bob', '--plain', '--data', folder, '--url', server.url];
    const input = 'bob: hi\n';
    const { code, stderr } = await im(t, connecting, { env: { ...env, XDG_STATE_HOME: folder }, input });
    assert.equal(code, UNUSABLE, stderr);
  }
  assert.deepEqual(await readdir(home), []);
});
