import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { WIRE } from '../../src/protocol/limits.js';
import { type Finished, fileScope, im, makeHome, type RunOptions } from '../harness/process.js';
import { jsonLines, serveIn, withBob } from './server.js';

const UUID = /^[0-9a-f-]{36}$/;

const server = await withBob(fileScope());

/** Runs `im send bob …` as alice. */
const sendBob = (words: readonly string[], options?: RunOptions) =>
  server.im(['send', 'bob', '--as', 'alice', ...words], options);

test('stdout is the id of each message and nothing else', async () => {
  const one = await sendBob(['hi']);
  assert.deepEqual([one.code, one.stderr], [0, '']);
  assert.match(one.stdout.trimEnd(), UUID);
  const again = await sendBob(['hi', '--id', one.stdout.trim()]);
  assert.deepEqual([again.code, again.stdout], [0, one.stdout]);
  const json = await sendBob(['hi', '--id', one.stdout.trim(), '--json']);
  assert.deepEqual(JSON.parse(json.stdout), { id: one.stdout.trim(), to: 'bob', state: 'stored', duplicate: true });
});

test('several targets: each gets the message, each id is printed, the worst result is the exit code', async () => {
  await server.im(['user', 'add', 'dora']);
  const send = (...words: string[]) => server.im(['send', '--as', 'alice', '--json', ...words]);
  const both = await send('--to', 'bob', '--to', 'dora', 'hi', '--to', 'bob');
  assert.deepEqual([both.code, both.stderr], [0, '']);
  const targets = ({ stdout }: Finished) => jsonLines(stdout).map(({ to, state }) => `${to} ${state}`);
  assert.deepEqual(targets(both), ['bob stored', 'dora stored']);
  const refused = await send('--to', 'bob', '--to', 'nobody', '--to', 'dora', 'hi');
  assert.equal(refused.code, EXIT_CODES.refused.code);
  assert.deepEqual(targets(refused).sort(), ['bob stored', 'dora stored', 'nobody failed']);
  assert.match(refused.stderr, /message to nobody was refused: .*\nim: 1 of 3 messages failed\n$/);
});

test('contradictory arguments: 2, and nothing is sent', async () => {
  for (const [words, what] of [
    [['bob', 'hi', '--to', 'dora'], /with --to the only argument is BODY/],
    [['--to', 'Bad Name', 'hi'], /Bad Name is not a valid user name/],
    [['--to', 'bob', '--to', 'dora', 'hi', '--id', 'x'], /--id needs exactly one message/],
    [[], /missing: TO/],
  ] as const) {
    const { code, stdout, stderr } = await server.im(['send', '--as', 'alice', ...words]);
    assert.deepEqual([code, stdout], [EXIT_CODES.usage.code, '']);
    assert.match(stderr, what);
  }
});

test('--quiet prints nothing on stdout', async () => {
  assert.deepEqual(await sendBob(['hi', '--quiet']), { code: 0, signal: null, stdout: '', stderr: '' });
});

test('a body one byte over the limit is refused', async () => {
  const send = (bytes: number) => sendBob([], { input: 'x'.repeat(bytes) });
  assert.equal((await send(WIRE.maxBodyBytes)).code, 0);
  assert.equal((await send(WIRE.maxBodyBytes + 1)).code, EXIT_CODES.refused.code);
});

test('refused by the server: 6, with the reason', async () => {
  const unknown = await server.im(['send', 'nobody', 'hi', '--as', 'alice']);
  assert.deepEqual([unknown.code, unknown.stdout], [EXIT_CODES.refused.code, '']);
  assert.match(unknown.stderr, /there is no such user/);
  await sendBob(['one', '--id', 'same']);
  const conflict = await sendBob(['two', '--id', 'same', '--json']);
  assert.equal(conflict.code, EXIT_CODES.refused.code);
  assert.deepEqual(JSON.parse(conflict.stdout), { id: 'same', to: 'bob', state: 'failed', error: 'id-conflict' });
});

test('no server: 3, and the error shows how to repeat it with the same id', async (t) => {
  const env = { ...(await makeHome(t)), IM_TOKEN: 'im_x' };
  const words = ['send', 'bob', 'hi', '--as', 'alice', '--url', 'ws://127.0.0.1:1', '--timeout', '2s', '--id', 'a1'];
  const { code, stdout, stderr } = await im(t, words, { env });
  assert.deepEqual([code, stdout], [EXIT_CODES['not-stored'].code, '']);
  assert.match(stderr, /not stored within 2s\n.*ECONNREFUSED.*\n.*--id a1\n$/);
});

test('a wrong token: 4', async () => {
  const wrong = await sendBob(['hi'], { env: { IM_TOKEN: `im_${'x'.repeat(43)}` } });
  assert.equal(wrong.code, EXIT_CODES['credential-refused'].code);
  assert.match(wrong.stderr, /alice was refused/);
});

test('--token-stdin: the first line of standard input is the token, the rest is the message', async () => {
  const { stdout: token } = await server.im(['user', 'add', 'carol']);
  const words = ['send', 'carol', '--as', 'carol', '--token-stdin', '--stdin', 'lines'];
  const { code, stdout } = await server.im(words, { input: `${token}one\ntwo\n` });
  assert.deepEqual([code, stdout.split('\n').length - 1], [0, 2]);
});

test('stored and not delivered in time: 5, and the id is printed', async () => {
  const { code, stdout, stderr } = await sendBob(['hi', '--wait', 'delivered', '--timeout', '3s']);
  assert.equal(code, EXIT_CODES['not-delivered'].code);
  assert.match(stdout.trim(), UUID);
  assert.match(stderr, /do not send it again/);
});

test('there is no flag that takes a token', async (t) => {
  const { code, stderr } = await im(t, ['send', 'bob', 'hi', '--token', 'im_x'], { env: await makeHome(t) });
  assert.equal(code, EXIT_CODES.usage.code);
  assert.match(stderr, /Nonexistent flag: --token/);
});

test('a message sent during a restart of the server is stored after it', async (t) => {
  const first = await withBob(t);
  const { port } = new URL(first.url);
  first.process.child.kill('SIGTERM');
  await first.process.finished;
  const sending = first.start(['send', 'bob', 'hi', '--as', 'alice', '--timeout', '30s']);
  await serveIn(t, first.env, '--port', port);
  assert.equal((await sending.finished).code, 0);
});

test('--retry-for: a server may be away for longer than --timeout', async (t) => {
  const first = await withBob(t);
  first.process.child.kill('SIGKILL');
  await first.process.finished;
  const words = ['send', 'bob', '--as', 'alice', '--timeout', '2s'];
  const patient = first.start([...words, 'hi', '--retry-for', '60s']);
  assert.equal((await first.im([...words, 'hi'])).code, EXIT_CODES['not-stored'].code, 'without --retry-for it fails');
  await serveIn(t, first.env, '--port', new URL(first.url).port);
  const { code, stdout } = await patient.finished;
  assert.equal(code, 0);
  assert.match(stdout.trimEnd(), UUID);
});
