/** Folders that another account may have prepared: refused by name. As root the other account is a real one. */
import assert from 'node:assert/strict';
import { chmod, chown, cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome } from '../harness/process.js';
import { serve, serveIn } from './server.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const UNUSABLE = EXIT_CODES['data-unusable'].code;

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'bob', '--keep']);

test('a data folder that others can write to is refused by every kind of command, and not changed', async (t) => {
  const env = await makeHome(t);
  const folder = join(env.HOME ?? '', 'shared');
  await mkdir(folder);
  await chmod(folder, 0o777);
  await im(t, ['user', 'add', 'alice', '--data', folder], { env });
  assert.equal((await stat(folder)).mode & 0o777, 0o700, 'it was empty and ours');
  await chmod(folder, 0o777);
  const names = await readdir(folder);
  for (const words of [
    ['serve', '--port', '0'],
    ['user', 'list'],
    ['user', 'add', 'mallory'],
    ['send', 'alice', 'hi'],
    ['inspect-queue'],
    ['backup', join(env.HOME ?? '', 'copy')],
  ]) {
    const { code, stdout, stderr } = await im(t, [...words, '--data', folder], { env });
    assert.deepEqual([code, stdout], [UNUSABLE, ''], `${words.join(' ')}: ${stderr}`);
    assert.match(stderr, /^im: .*shared .*\n {4}other accounts can write to .*chmod go-w '.*shared'; or/);
  }
  assert.deepEqual(await readdir(folder), names);
  const doctor = await im(t, ['doctor', '--data', folder], { env });
  assert.deepEqual([doctor.code, /^problem +data .*written by others/m.test(doctor.stdout)], [UNUSABLE, true]);
  await chmod(folder, 0o700);
  assert.equal((await im(t, ['user', 'list', '--data', folder], { env })).code, 0);
});

test('a state folder that others can write to is refused: it would show, and send, what they put there', async () => {
  const state = join(server.env.HOME ?? '', '.local/state/im');
  const connect = () => server.im(['connect', 'alice', '--plain'], { input: 'bob: hi\n' });
  assert.equal((await connect()).code, 0);
  const [key = ''] = await readdir(state);
  const folder = join(state, key, 'alice');
  await chmod(folder, 0o770);
  const { code, stderr } = await connect();
  assert.equal(code, UNUSABLE);
  assert.match(stderr, /^im: .*alice cannot be used.*\n {4}other accounts can write to .*alice.*\n.*XDG_STATE_HOME/);
  await chmod(folder, 0o700);
  assert.equal((await connect()).code, 0);
});

test('what another account owns is refused, also for the token of the operator', {
  skip: !isRoot && 'needs root',
}, async (t) => {
  const env = await makeHome(t);
  const home = env.HOME ?? '';
  await chmod(home, 0o755);
  const own = join(home, 'own');
  await mkdir(own, { mode: 0o700 });
  await chown(own, NOBODY, NOBODY);
  const asNobody = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    im(t, words, { env: { HOME: own, ...more }, uid: NOBODY });
  assert.equal((await asNobody(['user', 'add', 'alice'])).code, 0);

  // As if another account had prepared it: a store, readable by all.
  const planted = join(home, 'planted');
  await cp(join(own, '.local/share/im'), planted, { recursive: true });
  await chown(planted, 1, 1);
  await chmod(planted, 0o755);
  await chmod(join(planted, 'store.json'), 0o644);
  for (const words of [
    ['send', 'alice', 'hi'],
    ['user', 'list'],
  ]) {
    const { code, stderr } = await asNobody([...words, '--data', planted]);
    assert.equal(code, UNUSABLE, stderr);
    assert.match(stderr, /^im: .*planted .*\n/);
  }
  const { stderr } = await asNobody(['serve', '--port', '0', '--data', planted]);
  assert.match(stderr, /planted belongs to account 1, who could have put anything into it: run im as that account/);

  // A profile that names a server gets the tokens.
  const config = join(home, 'config/im');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'profile.json'), '{"url":"ws://127.0.0.1:1"}', { mode: 0o644 });
  await chown(join(config, 'profile.json'), 1, 1);
  const profile = await asNobody(['send', 'alice', 'hi'], { XDG_CONFIG_HOME: join(home, 'config') });
  assert.equal(profile.code, UNUSABLE);
  assert.match(profile.stderr, /profile\.json belongs to another account/);

  // Root uses the folder of an account, as under sudo; what it cannot trust is what all can write to.
  const data = join(own, '.local/share/im');
  const listed = await im(t, ['user', 'list', '--data', data], { env });
  assert.deepEqual([listed.code, /^alice user/m.test(listed.stdout)], [0, true], listed.stderr);
  const doctor = await im(t, ['doctor', '--data', data], { env });
  assert.match(doctor.stdout, /^warning +data .*belongs to account 65534, and you are root - run im as that account$/m);
  await chmod(data, 0o777);
  assert.equal((await im(t, ['user', 'list', '--data', data], { env })).code, UNUSABLE);
  await chmod(data, 0o700);
  const served = await serveIn(t, env, '--data', data);
  assert.equal((await im(t, ['user', 'list', '--data', data], { env })).code, 0);
  served.process.child.kill('SIGTERM');
  assert.match((await served.process.finished).stderr, /root in a folder of another account/);
  await rm(own, { recursive: true });
});
