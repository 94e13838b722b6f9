/** `im send` reading standard input: any content, and signals, refusals and restarts of the server meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { type Finished, fileScope, im, PROGRAM, type RunOptions, type Scope } from '../harness/process.js';
import { jsonLines, type Served, serveIn, withBob } from './server.js';

const UUID = /^[0-9a-f-]{36}$/;
const MEGABYTE = 1024 * 1024;

const scope = fileScope();
const server = await withBob(scope);
let users = 0;

/** Runs `im send` as alice to a user of its own; resolves with how it ended, and the bodies in that user's mailbox. */
async function send(words: readonly string[], input: string | Uint8Array) {
  const to = `to${++users}`;
  await server.im(['user', 'add', to]);
  const finished = await server.im(['send', to, '--as', 'alice', ...words], { input });
  const queue = await server.im(['inspect-queue', to, '--json']);
  return { ...finished, bodies: jsonLines(queue.stdout).map(({ body }) => body) };
}

const ids = ({ stdout }: Pick<Finished, 'stdout'>): string[] => stdout.split('\n').slice(0, -1);

test('lines: with and without a newline at the end, with NUL and CRLF, and empty input', async () => {
  for (const [input, bodies] of [
    ['a\nb\n', ['a', 'b']],
    ['a\nb', ['a', 'b']],
    ['a\0b\n\0', ['a\0b', '\0']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['\n\n', ['', '']],
    ['', []],
  ] as const) {
    const sent = await send(['--stdin', 'lines'], input);
    assert.deepEqual([sent.code, sent.stderr, ids(sent).length, sent.bodies], [0, '', bodies.length, bodies]);
  }
});

test('all: one message; empty input is wrong usage', async () => {
  assert.deepEqual((await send([], 'a\0\r\nb\n')).bodies, ['a\0\r\nb']);
  assert.deepEqual((await send([], 'a\r\nb\r\n')).bodies, ['a\r\nb']);
  assert.deepEqual((await send([], '\n')).bodies, ['']);
  const nothing = await send([], '');
  assert.deepEqual([nothing.code, nothing.stdout, nothing.bodies], [EXIT_CODES.usage.code, '', []]);
  assert.match(nothing.stderr, /standard input is empty/);
  const broken = await send([], Buffer.from('\xff', 'latin1'));
  assert.deepEqual([broken.code, broken.bodies], [EXIT_CODES.refused.code, []]);
});

const withBadLines = Buffer.concat([
  Buffer.from('a\n'),
  Buffer.alloc(10 * MEGABYTE, 'x'),
  Buffer.from('\n\xff\nb', 'latin1'),
]);

test('a line of 10 MB stops it there', async () => {
  const { code, stdout, stderr, bodies } = await send(['--stdin', 'lines'], withBadLines);
  assert.deepEqual([code, ids({ stdout }).length, bodies], [EXIT_CODES.refused.code, 1, ['a']]);
  assert.match(
    stderr,
    /^im: line 2 is longer than 65536 bytes\nim: stopped after line 2; 1 message stored, 1 failed\n.*--keep-going/,
  );
});

test('--keep-going skips lines that are too long or not UTF-8', async () => {
  const { code, stdout, stderr, bodies } = await send(['--stdin', 'lines', '--keep-going'], withBadLines);
  assert.deepEqual([code, ids({ stdout }).length, bodies], [EXIT_CODES.refused.code, 2, ['a', 'b']]);
  assert.match(stderr, /line 2 is longer than 65536 bytes\nim: line 3 is not UTF-8\nim: 2 of 4 messages failed\n$/);
});

test('jsonl: lines can have ids; bad lines are reported by number', async () => {
  const good = '{"body":"a","id":"id-1"}\n{"body":"b","id":"id-2"}\n';
  assert.equal((await send(['--stdin', 'jsonl'], good)).stdout, 'id-1\nid-2\n');
  const stopped = await send(['--stdin', 'jsonl'], `{\n${good}`);
  assert.deepEqual([stopped.code, stopped.bodies], [EXIT_CODES.refused.code, []]);
  assert.match(stopped.stderr, /^im: line 1 is not JSON\nim: stopped after line 1; 0 messages stored, 1 failed\n/);
  const went = await send(['--stdin', 'jsonl', '--keep-going'], `{\n${good}`);
  assert.deepEqual([went.code, went.bodies], [EXIT_CODES.refused.code, ['a', 'b']]);
});

test('jsonl without TO: each line names its target', async () => {
  await server.im(['user', 'add', 'dora']);
  const input = ['bob', 'nobody', 'dora'].map((to) => `${JSON.stringify({ to, body: 'x' })}\n`).join('');
  const words = ['send', '--as', 'alice', '--stdin', 'jsonl', '--json', '--keep-going'];
  const { code, stdout, stderr } = await server.im(words, { input });
  assert.equal(code, EXIT_CODES.refused.code);
  const states = jsonLines(stdout).map(({ to, state }) => `${to} ${state}`);
  assert.deepEqual(states.sort(), ['bob stored', 'dora stored', 'nobody failed']);
  assert.match(stderr, /^im: line 2 to nobody was refused: .*\nim: 1 of 3 messages failed\n$/);
});

test('each line of an open pipe is stored at once, and a refusal ends it', async () => {
  const sending = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'jsonl']);
  for (const id of ['first', 'second', 'third']) {
    sending.child.stdin.write(`{"body":"x","id":"${id}"}\n`);
    await sending.line(id);
  }
  sending.child.stdin.write('{"body":"y","id":"first"}\n');
  const { code, stderr } = await sending.finished;
  assert.equal(code, EXIT_CODES.refused.code);
  assert.match(
    stderr,
    /line 4 was refused: the id belongs to another message to the same user\nim: stopped after line 4; 3 messages stored, 1 failed\n/,
  );
});

test('SIGINT ends it with 130, SIGTERM with 143, and it says where it stopped', async () => {
  for (const [signal, exit] of [
    ['SIGINT', 'interrupted'],
    ['SIGTERM', 'terminated'],
  ] as const) {
    const waiting = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines']);
    waiting.child.stdin.write('one\ntwo\n');
    await waiting.line(UUID);
    waiting.child.kill(signal);
    const { code, stdout, stderr } = await waiting.finished;
    assert.deepEqual([code, ids({ stdout }).length], [EXIT_CODES[exit].code, 2]);
    assert.equal(stderr, `im: ${exit} after line 2; 2 messages stored\n`);
  }
});

test('SIGINT among many lines: as many ids are printed as it says are stored', async () => {
  const sending = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines']);
  sending.child.stdin.write('x\n'.repeat(20_000));
  await sending.line(UUID);
  sending.child.kill('SIGINT');
  const { code, stdout, stderr } = await sending.finished;
  assert.equal(code, EXIT_CODES.interrupted.code);
  const [, last, stored] = /^im: interrupted after line (\d+); (\d+) messages stored\n$/.exec(stderr) ?? [];
  assert.deepEqual([last, ids({ stdout }).length], [stored, Number(stored)]);
});

/** Alice sends many lines, and the server is killed and comes back when some are stored. */
async function withServerThatDies(t: Scope, lines: number): Promise<{ first: Served; sent: Finished }> {
  const first = await withBob(t);
  const sending = first.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines', '--retry-for', '1m']);
  const line = (_: unknown, index: number): string => `line ${index + 1}\n`;
  sending.child.stdin.end(Array.from({ length: lines }, line).join(''));
  await sending.line(UUID);
  first.process.child.kill('SIGKILL');
  await first.process.finished;
  await serveIn(t, first.env, '--port', new URL(first.url).port);
  return { first, sent: await sending.finished };
}

test('the server is killed and restarted meanwhile: every line is stored once, in order (R16)', async (t) => {
  const lines = 20_000;
  const { first, sent } = await withServerThatDies(t, lines);
  assert.deepEqual([sent.code, sent.stderr], [0, '']);
  const queue = jsonLines((await first.im(['inspect-queue', 'bob', '--json'])).stdout);
  assert.equal(queue.length, lines);
  for (const [index, { body }] of queue.entries()) assert.equal(body, `line ${index + 1}`);
  assert.deepEqual(
    ids(sent),
    queue.map(({ id }) => id),
  );
});

test('| head -1 ends quietly with 0', async (t) => {
  const script = '{ "$NODE" "$IM" send bob --as alice --stdin lines; echo "ended with $?" >&2; } | head -1';
  const shell: RunOptions = {
    program: 'sh',
    input: 'x\n'.repeat(20_000),
    env: { ...server.env, NODE: process.execPath, IM: PROGRAM },
  };
  const { stdout, stderr } = await im(t, ['-c', script], shell);
  assert.match(stdout.trimEnd(), UUID);
  assert.equal(stderr, 'ended with 0\n');
});
