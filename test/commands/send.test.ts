import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, type RunOptions, type Scope } from '../harness/process.js';
import { type Served, serve, serveIn } from './server.js';

const UUID = /^[0-9a-f-]{36}$/;

/** A server with bob, and alice who can send. */
async function withBob(scope: Scope): Promise<Served> {
  const server = await serve(scope);
  await server.im(['user', 'add', 'bob']);
  await server.im(['user', 'add', 'alice', '--keep']);
  return server;
}

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

test('standard input: one message, a message a line, or JSON lines', async () => {
  const send = (mode: string, input: string | Uint8Array) => sendBob(['--stdin', mode], { input });
  const count = ({ stdout }: { stdout: string }) => stdout.split('\n').length - 1;
  assert.equal(count(await send('all', 'a\nb\n')), 1);
  assert.equal(count(await send('lines', 'a\nb\0\nc')), 3);
  assert.equal(count(await send('lines', '')), 0);
  assert.equal((await send('jsonl', '{"body":"a","id":"id-1"}\n{"body":"b","id":"id-2"}\n')).stdout, 'id-1\nid-2\n');
  assert.equal((await send('all', '')).code, EXIT_CODES.usage.code);
});

test('one bad line does not stop the others', async () => {
  const input = Buffer.concat([
    Buffer.from('a\n'),
    Buffer.alloc(10 * 1024 * 1024, 'x'),
    Buffer.from('\n\xff\nb', 'latin1'),
  ]);
  const { code, stdout, stderr } = await sendBob(['--stdin', 'lines'], { input });
  assert.equal(stdout.split('\n').length - 1, 2, 'a and b');
  assert.equal(code, EXIT_CODES.refused.code);
  assert.match(stderr, /line 2 is longer than 65536 bytes\nim: line 3 is not UTF-8\nim: 2 of 4 messages failed\n$/);
});

test('a body is refused one byte over the limit, here and by the server', async () => {
  const send = (bytes: number) => sendBob([], { input: 'x'.repeat(bytes) });
  assert.equal((await send(65_536)).code, 0);
  assert.equal((await send(65_537)).code, EXIT_CODES.refused.code);
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

test('no server: 3, and the words say that the same id is safe', async (t) => {
  const env = { ...(await makeHome(t)), IM_TOKEN: 'im_x' };
  const words = ['send', 'bob', 'hi', '--as', 'alice', '--url', 'ws://127.0.0.1:1', '--timeout', '100ms', '--id', 'a1'];
  const { code, stdout, stderr } = await im(t, words, { env });
  assert.deepEqual([code, stdout], [EXIT_CODES['not-stored'].code, '']);
  assert.match(stderr, /not stored within 100ms\n.*ECONNREFUSED.*\n.*--id a1\n$/);
});

test('a wrong token: 4', async () => {
  const wrong = await sendBob(['hi'], { env: { IM_TOKEN: `im_${'x'.repeat(43)}` } });
  assert.equal(wrong.code, EXIT_CODES['credential-refused'].code);
  assert.match(wrong.stderr, /alice was refused/);
});

test('the first line of standard input can be the token, the rest is the message', async () => {
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

test('Ctrl+C while waiting: 130; SIGTERM: 143', async () => {
  for (const [signal, exit] of [
    ['SIGINT', 'interrupted'],
    ['SIGTERM', 'terminated'],
  ] as const) {
    const waiting = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines']);
    waiting.child.stdin.write('one\n');
    await waiting.line(UUID);
    waiting.child.kill(signal);
    assert.equal((await waiting.finished).code, EXIT_CODES[exit].code);
  }
});

test('each line of a pipe that stays open is stored at once', async () => {
  const sending = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'jsonl']);
  for (const id of ['first', 'second', 'third']) {
    sending.child.stdin.write(`{"body":"x","id":"${id}"}\n`);
    await sending.line(id);
  }
  sending.child.stdin.end();
  assert.equal((await sending.finished).code, 0);
});

test('the server dies and comes back in the middle: everything is stored', async (t) => {
  const first = await withBob(t);
  const sending = first.start(['send', 'bob', '--as', 'alice', '--stdin', 'jsonl', '--timeout', '30s']);
  sending.child.stdin.write('{"body":"x","id":"before"}\n');
  await sending.line('before');
  first.process.child.kill('SIGKILL');
  await first.process.finished;
  sending.child.stdin.end('{"body":"x","id":"meanwhile"}\n');
  await serveIn(t, first.env, '--port', new URL(first.url).port);
  const { code, stdout } = await sending.finished;
  assert.deepEqual([code, stdout], [0, 'before\nmeanwhile\n']);
});

test('| head -1 ends quietly with 0', async (t) => {
  const script = '{ "$NODE" "$IM" send bob --as alice --stdin lines; echo "ended with $?" >&2; } | head -1';
  const shell = {
    program: 'sh',
    input: 'x\n'.repeat(50_000),
    env: { ...server.env, NODE: process.execPath, IM: PROGRAM },
  };
  const { stdout, stderr } = await im(t, ['-c', script], shell);
  assert.match(stdout.trimEnd(), UUID);
  assert.equal(stderr, 'ended with 0\n');
});

test('a secret is never in the arguments: there is no such flag', async (t) => {
  const { code, stderr } = await im(t, ['send', 'bob', 'hi', '--token', 'im_x'], { env: await makeHome(t) });
  assert.equal(code, EXIT_CODES.usage.code);
  assert.match(stderr, /Nonexistent flag: --token/);
});

test('a command that is run while the server restarts finds it', async (t) => {
  const first = await withBob(t);
  const { port } = new URL(first.url);
  first.process.child.kill('SIGTERM');
  await first.process.finished;
  const sending = first.start(['send', 'bob', 'hi', '--as', 'alice', '--timeout', '30s']);
  await serveIn(t, first.env, '--port', port);
  assert.equal((await sending.finished).code, 0);
});
