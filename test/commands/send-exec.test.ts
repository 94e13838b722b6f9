/** `im send --exec` as cron and people use it: the command runs whether or not the server can be reached. */
import assert from 'node:assert/strict';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, type RunOptions } from '../harness/process.js';
import { jsonLines, withBob } from './server.js';

const server = await withBob(fileScope());
let users = 0;

/** Runs a command for a user of its own; resolves with how it ended, and what that user was sent. */
async function exec(command: string, words: readonly string[] = [], options: RunOptions = {}) {
  const to = `to${++users}`;
  await server.im(['user', 'add', to]);
  const finished = await server.im(['send', to, '--as', 'alice', '--exec', command, ...words], options);
  const queue = await server.im(['inspect-queue', to, '--json']);
  return { ...finished, bodies: jsonLines(queue.stdout).map(({ body }) => String(body)) };
}

test('output and exit code are those of the command, and the message reports both', async () => {
  const command = String.raw`printf 'out\033[31m\r\n\377'; echo err >&2; exit 7`;
  const { code, stdout, stderr, bodies } = await exec(command);
  assert.deepEqual([code, stdout, stderr], [7, 'out\u001b[31m\r\n\ufffd', 'err\n']);
  assert.equal(bodies.length, 1);
  assert.match(bodies[0] ?? '', /^exit code 7 after \d+ms: printf .*\nout\n/);
  const quiet = await exec('true');
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''], 'cron mails nothing');
  assert.match(quiet.bodies[0] ?? '', /^exit code 0 after \d+ms: true$/);
});

test('megabytes of output pass through, and the message has the last lines', async () => {
  const { code, stdout, bodies } = await exec('seq 500000');
  assert.deepEqual([code, stdout.length, stdout.endsWith('\n499999\n500000\n')], [0, 3_388_895, true]);
  assert.match(bodies[0] ?? '', /^exit.*\n\(the last 20 of 500000 lines\)\n499981\n[\d\n]*\n500000$/);
});

test('standard input goes to the command', async () => {
  const { stdout, bodies } = await exec('tr a-z A-Z', [], { input: 'hello\n' });
  assert.deepEqual([stdout, bodies[0]?.split('\n')[1]], ['HELLO\n', 'HELLO']);
});

test('a command that a signal ends: 128 + the signal number, as in a shell', async () => {
  const { code, bodies } = await exec('kill -KILL $$');
  assert.equal(code, 137);
  assert.match(bodies[0] ?? '', /^ended by SIGKILL after/);
});

test('a signal is forwarded to the command, and the report is sent', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const to = `to${++users}`;
    await server.im(['user', 'add', to]);
    const script = `trap 'echo caught; exit 3' TERM INT; echo ready; while :; do read -r line; done`;
    const running = server.start(['send', to, '--as', 'alice', '--exec', script]);
    await running.line('ready');
    running.child.kill(signal);
    running.child.stdin.write('\n');
    const { code, stdout } = await running.finished;
    assert.deepEqual([code, stdout], [3, 'ready\ncaught\n']);
    const [message] = jsonLines((await server.im(['inspect-queue', to, '--json'])).stdout);
    assert.match(String(message?.body), /^exit code 3 .*\nready\ncaught$/);
  }
});

test('a signal reaches all processes that the shell has started', async () => {
  const script = 'echo ready; sleep 600; echo not reached';
  const running = server.start(['send', 'bob', '--as', 'alice', '--exec', script, '--id', 'ended']);
  await running.line('ready');
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.finished;
  assert.deepEqual([code, stdout], [143, 'ready\n']);
  const [message] = jsonLines((await server.im(['inspect-queue', 'bob', '--id', 'ended', '--json'])).stdout);
  assert.match(String(message?.body), /^ended by SIGTERM after \d+m?s: echo ready/);
});

test('without a server the command runs too; its exit code outranks that of sending', async (t) => {
  const env = { ...(await makeHome(t)), IM_TOKEN: 'im_x' };
  const words = ['send', 'bob', '--as', 'alice', '--url', 'ws://127.0.0.1:1', '--timeout', '100ms', '--exec'];
  for (const [command, exit] of [
    ['echo done', EXIT_CODES['not-stored'].code],
    ['echo done; exit 9', 9],
  ] as const) {
    const { code, stdout, stderr } = await im(t, [...words, command], { env });
    assert.deepEqual([code, stdout], [exit, 'done\n']);
    assert.match(stderr, /^im: the message to bob was not stored within 100ms\n/);
  }
});

test('wrong arguments: 2, and the command is not run', async (t) => {
  const { HOME = '' } = await makeHome(t);
  const ran = join(HOME, 'ran');
  for (const [words, what] of [
    [['bob', 'hi'], /unexpected BODY with --exec/],
    [['--to', 'bob', '--to', 'alice', '--id', 'x'], /--id needs exactly one message/],
    [['bob', '--stdin', 'lines'], /cannot also be provided/],
    [['bob', '--json'], /cannot also be provided/],
    [[], /missing: TO/],
  ] as const) {
    const { code, stderr } = await server.im(['send', '--as', 'alice', '--exec', `touch ${ran}`, ...words]);
    assert.equal(code, EXIT_CODES.usage.code, stderr);
    assert.match(stderr, what);
  }
  await assert.rejects(access(ran));
});

test('it works in the environment of cron', async (t) => {
  const { HOME = '' } = server.env;
  const script = join(HOME, 'job');
  await writeFile(
    script,
    `"${process.execPath}" "${PROGRAM}" send --to bob --as alice --exec 'echo from cron' --id cron-1`,
  );
  const { code, stdout, stderr } = await im(
    t,
    ['-i', `HOME=${HOME}`, 'PATH=/usr/bin:/bin', 'SHELL=/bin/sh', 'sh', script],
    {
      program: 'env',
    },
  );
  assert.deepEqual([code, stdout, stderr], [0, 'from cron\n', '']);
  const [message] = jsonLines((await server.im(['inspect-queue', 'bob', '--id', 'cron-1', '--json'])).stdout);
  assert.match(String(message?.body), /^exit code 0 after \d+ms: echo from cron\nfrom cron$/);
});
