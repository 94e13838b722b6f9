/** `im block`, `im unblock`, `im blocked` and `im user allow` as people run them: through a server, from elsewhere, and without one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome } from '../harness/process.js';
import { jsonLines, serve, serveIn } from './server.js';

const server = await serve(fileScope());
const [bobToken = ''] = (await server.im(['user', 'add', 'bob', '--keep'])).stdout.split('\n');
await server.im(['user', 'add', 'alice', 'carol', '--keep']);

const REFUSED = EXIT_CODES.refused.code;
const send = (from: string, to: string) => server.im(['send', to, `hi from ${from}`, '--as', from]);

/** The refusal of a sender, without the id: the same whoever decided it. */
async function refusalOf(from: string, to: string): Promise<string> {
  const { code, stdout, stderr } = await send(from, to);
  assert.deepEqual([code, stdout], [REFUSED, ''], stderr);
  return stderr;
}

test('a user blocks a sender from elsewhere, lists that, and ends it; what was stored before arrives', async (t) => {
  const env = { ...(await makeHome(t)), IM_TOKEN: bobToken };
  const asBob = (...words: readonly string[]) => im(t, [...words, '--as', 'bob', '--url', server.url], { env });
  assert.equal((await send('alice', 'bob')).code, 0);
  const blocked = await asBob('block', 'alice', 'carol', 'alice');
  assert.deepEqual([blocked.code, blocked.stdout], [0, '']);
  assert.equal(
    blocked.stderr,
    'im: bob takes no more messages from alice\nim: bob takes no more messages from carol\n',
  );
  assert.match(await refusalOf('alice', 'bob'), /the recipient takes no messages from you/);
  assert.equal((await asBob('blocked')).stdout, 'alice\ncarol\n');
  assert.equal((await server.im(['listen', '--as', 'bob', '--count', '1'])).stdout, 'alice: hi from alice\n');
  assert.equal((await asBob('unblock', 'alice', 'carol')).code, 0);
  assert.equal((await send('alice', 'bob')).code, 0);

  const others = await asBob('blocked', 'alice');
  assert.equal(others.code, EXIT_CODES['credential-refused'].code);
  const allow = await asBob('user', 'allow', 'bob', '--nobody');
  assert.equal(allow.code, EXIT_CODES['credential-refused'].code);
  for (const [words, text] of [
    [['block', 'bob'], /^im: the server refused: bob cannot block bob\n {4}nothing was changed\n$/],
    [['block', 'nobody-here'], /^im: there is no user nobody-here\n/],
    [['unblock', 'alice'], /^im: the server refused: alice is not blocked\n/],
  ] as const) {
    const { code, stderr } = await asBob(...words);
    assert.equal(code, REFUSED);
    assert.match(stderr, text);
  }
});

test('an operator says who may write; the same commands work on the folder when no server runs', async (t) => {
  const local = await serve(t);
  await local.im(['user', 'add', 'alice', 'bob', 'carol', '--keep']);
  const json = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await local.im([...words, '--json']);
    assert.equal(code, 0, stderr);
    return jsonLines(stdout);
  };
  const everything = async () => {
    assert.deepEqual(await json('user', 'allow', 'bob'), [{ user: 'bob', from: null }]);
    const allowed = await json('user', 'allow', 'bob', '--from', 'carol', '--from', 'alice');
    assert.deepEqual(allowed, [{ user: 'bob', from: ['alice', 'carol'] }]);
    assert.equal((await local.im(['user', 'allow', 'bob'])).stdout, 'alice\ncarol\n');
    assert.deepEqual(await json('block', 'alice', '--as', 'bob'), [{ user: 'bob', name: 'alice', blocked: true }]);
    assert.deepEqual(await json('blocked', 'bob'), [{ user: 'bob', name: 'alice' }]);
    assert.deepEqual(await json('unblock', 'alice', '--as', 'bob'), [{ user: 'bob', name: 'alice', blocked: false }]);
    assert.deepEqual(await json('user', 'allow', 'bob', '--nobody'), [{ user: 'bob', from: [] }]);
    assert.match((await local.im(['user', 'allow', 'bob'])).stderr, /^im: nobody else may write to bob\n$/);
    for (const words of [
      ['blocked', 'nobody-here'],
      ['user', 'allow', 'bob', '--from', 'nobody-here'],
    ]) {
      const { code, stderr } = await local.im(words);
      assert.deepEqual([code, stderr.split('\n')[0]], [REFUSED, 'im: there is no user nobody-here']);
    }
    const wrong = await local.im(['unblock', 'alice', '--as', 'bob']);
    assert.equal(wrong.code, REFUSED);
    assert.match(wrong.stderr, /alice is not blocked\n {4}nothing was changed\n$/);
  };
  await everything();
  assert.deepEqual(await json('user', 'allow', 'bob', '--everybody'), [{ user: 'bob', from: null }]);
  local.process.child.kill('SIGTERM');
  await local.process.finished;
  await everything();
  const served = await serveIn(t, local.env);
  const refused = await served.im(['send', 'bob', 'hi', '--as', 'alice']);
  assert.deepEqual([refused.code, refused.stdout], [REFUSED, ''], 'it was durable');
  assert.equal((await served.im(['user', 'allow', 'bob', '--from', 'alice', '--nobody'])).code, EXIT_CODES.usage.code);
});

test('a refused sender is not told whether the user or an operator refuses', async () => {
  await server.im(['block', 'alice', '--as', 'carol']);
  const byUser = await refusalOf('alice', 'carol');
  await server.im(['unblock', 'alice', '--as', 'carol']);
  await server.im(['user', 'allow', 'carol', '--from', 'bob']);
  assert.equal(await refusalOf('alice', 'carol'), byUser);
  await server.im(['user', 'allow', 'carol', '--everybody']);
});
