/** A home in which nothing can be written, such as that of a container: what needs no folder works, the rest names the variable. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome } from '../harness/process.js';
import { serve } from './server.js';

/** A place where not even root makes a folder. */
const HOME = '/proc';
const options = { skip: process.platform !== 'linux' && 'there is no /proc' };

/** Runs `im` as bot with its token in the environment, against a server with bob. */
async function asBot(t: TestContext) {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', '--keep']);
  const token = (await server.im(['user', 'add', 'bot'])).stdout;
  const operator = (await server.im(['user', 'rotate', 'operator'])).stdout;
  const env = { HOME, IM_URL: server.url, IM_USER: 'bot', IM_TOKEN: token };
  const asOperator = { ...env, IM_USER: 'operator', IM_TOKEN: operator };
  return { server, env, asOperator };
}

test('in a read-only home, commands that keep nothing work with a token in the environment', options, async (t) => {
  const { server, env, asOperator } = await asBot(t);
  for (const [words, input = '', as = env] of [
    [['send', 'bob', 'one', '--quiet']],
    [['send', 'bob', '--quiet', '--stdin', 'lines'], 'two\n'],
    [['inspect-queue', '--summary'], '', asOperator],
    [['user', 'list'], '', asOperator],
    [['help']],
    [['--version']],
  ] as const) {
    const { code, stderr } = await im(t, words, { env: as, input });
    assert.deepEqual([code, stderr], [0, ''], words.join(' '));
  }
  const { stdout } = await server.im(['listen', '--as', 'bob', '--count', '2']);
  assert.equal(stdout, 'bot: one\nbot: two\n');
});

test('what needs a folder ends with the folder, the reason and what names another one', options, async (t) => {
  const { server, env } = await asBot(t);
  const local = { HOME };
  for (const [words, as, folder, another] of [
    [['listen', '--count', '1'], env, '.local/state/im/', 'XDG_STATE_HOME'],
    [['connect', '--to', 'bob'], env, '.local/state/im/', 'XDG_STATE_HOME'],
    [['connect', '--to', 'bob', '--json'], env, '.local/state/im/', 'XDG_STATE_HOME'],
    [['serve'], local, '.local/share/im', '--data'],
    [['user', 'add', 'bob'], local, '.local/share/im', '--data'],
    [['user', 'add', 'bob', '--keep'], local, '.config/im/', 'XDG_CONFIG_HOME'],
    [['send', 'bob', 'x', '--as', 'new', '--data', server.data], local, '.config/im/', 'XDG_CONFIG_HOME'],
  ] as const) {
    const { code, stderr } = await im(t, words, { env: as, input: '{"to":"bob","body":"hi"}\n' });
    assert.equal(code, EXIT_CODES['data-unusable'].code, `${words.join(' ')}\n${stderr}`);
    for (const part of [`/proc/${folder}`, 'cannot be used', 'ENOENT', another]) {
      assert.ok(stderr.includes(part), `${words.join(' ')}: ${part} is missing in\n${stderr}`);
    }
  }
  const elsewhere = { ...env, XDG_STATE_HOME: (await makeHome(t)).HOME as string };
  await server.im(['send', 'bot', 'hi', '--as', 'bob', '--quiet']);
  assert.equal((await im(t, ['listen', '--count', '1'], { env: elsewhere })).stdout, 'bob: hi\n');
  assert.doesNotMatch((await server.im(['user', 'list'])).stdout, /new/, 'no user is added whose token cannot be kept');
});
