import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, start } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'carol', ...'abcdefghijklmnopqrst', '--keep']);

/** Elsewhere only the next message ends a listener whose output nobody reads. */
const CAN_WATCH_PIPES = process.platform === 'linux';

/** One of the users `a` to `j`, with these messages waiting. */
async function listener(name: string, ...bodies: readonly string[]) {
  const input = bodies.map((body) => JSON.stringify({ body })).join('\n');
  await server.im(['send', name, '--as', 'alice', '--stdin', 'jsonl'], { input });
  const words = (more: readonly string[]) => ['listen', '--as', name, ...more];
  return {
    send: (body: string, ...more: string[]) => server.im(['send', name, body, '--as', 'alice', ...more]),
    listen: (more: readonly string[] = []) => server.im(words(more)),
    start: (more: readonly string[] = []) => server.start(words(more)),
  };
}

test('waiting messages are printed in order, once, and reported as delivered to their sender', async () => {
  const { listen, send } = await listener('a', 'one', 'two', 'three');
  assert.equal((await listen(['--count', '2'])).stdout, 'alice: one\nalice: two\n');
  await send('four', '--id', 'id-4');
  assert.equal((await listen(['--count', '2'])).stdout, 'alice: three\nalice: four\n');
  assert.equal((await send('four', '--id', 'id-4', '--wait', 'delivered')).code, 0);
});

test('--json prints one object per message and nothing else on stdout', async () => {
  const { listen } = await listener('b', 'hostile \u001b[2J\n\u202etext');
  const { stdout, code } = await listen(['--count', '1', '--json']);
  assert.equal(code, 0);
  assert.match(stdout, /^[\x20-\x7e]+\n$/);
  const { event, from, body, seq, attempt } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual([event, from, body, seq, attempt], ['message', 'alice', 'hostile \u001b[2J\n\u202etext', 1, 1]);
});

test('a body cannot send control sequences nor look like another message (R18)', async () => {
  const { listen } = await listener('c', 'one\nmallory: \u001b[31mtwo\u202e');
  assert.equal((await listen(['--count', '1'])).stdout, 'alice: one\n  | mallory: ^[[31mtwo\\u{202e}\n');
});

test('--timeout ends it, as a failure when --count is not reached', async () => {
  const { listen } = await listener('d');
  const { code, stderr } = await listen(['--timeout', '300ms', '--count', '1']);
  assert.equal(code, EXIT_CODES['not-stored'].code);
  assert.match(stderr, /within 300ms/);
});

test('--drain prints what waits, acks it and ends with 0, also when nothing waits', async () => {
  const { listen, send } = await listener('p', 'one', 'two', 'three');
  const all = await listen(['--drain']);
  assert.deepEqual([all.code, all.stdout, all.stderr], [0, 'alice: one\nalice: two\nalice: three\n', '']);
  const { stdout } = await server.im(['inspect-queue', 'p', '--json']);
  assert.equal(stdout, '', 'all are acked');
  const none = await listen(['--drain', '--timeout', '10s']);
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', '']);
  for (const body of ['four', 'five', 'six']) await send(body);
  assert.equal((await listen(['--drain', '--count', '1'])).stdout, 'alice: four\n');
  const run = await listen(['--drain', '--exec', 'echo "$IM_BODY"; test "$IM_BODY" != six']);
  assert.deepEqual([run.code, run.stdout], [EXIT_CODES.unexpected.code, 'five\nsix\n']);
  assert.deepEqual((await listen(['--drain', '--exec', 'cat'])).stdout, 'six');
});

test('--drain with --from prints only theirs, and ends also when all that waits is from others', async () => {
  const { listen } = await listener('q', 'not matched');
  const { code, stdout } = await listen(['--drain', '--device', 'logs', '--from', 'carol']);
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(
    (await listen(['--drain'])).stdout,
    '',
    'the other device has delivered it: it is no longer undelivered',
  );
});

test('after a kill the next listener continues: nothing is lost, nothing is printed twice (R15)', async () => {
  const { start, send } = await listener('e');
  const bodies = ['one', 'two', 'three', 'four'];
  const printed: string[] = [];
  for (const body of bodies) {
    const listening = start();
    await send(body, '--wait', 'delivered');
    await listening.line(body);
    listening.child.kill('SIGKILL');
    printed.push((await listening.finished).stdout);
  }
  assert.deepEqual(
    printed,
    bodies.map((body) => `alice: ${body}\n`),
  );
});

test('| head -1 ends it at once and quietly with 0, and no message is lost', async (t) => {
  const { listen, send } = await listener('f', 'one');
  const reader = "sh -c 'head -1; exec <&-; echo gone >&2'";
  const script = `{ "$NODE" "$IM" listen --as f; echo "ended with $?" >&2; } | ${reader}`;
  const env = { ...server.env, NODE: process.execPath, IM: PROGRAM };
  const listening = start(t, ['-c', script], { program: 'sh', env });
  await listening.line('gone', 'stderr');
  if (!CAN_WATCH_PIPES) await send('two');
  const { stdout, stderr } = await listening.finished;
  assert.deepEqual([stdout, stderr], ['alice: one\n', 'gone\nended with 0\n']);
  if (CAN_WATCH_PIPES) await send('two');
  assert.equal((await listen(['--count', '1'])).stdout, 'alice: two\n');
});

test('--exec runs a command for each message, which is acked when the command succeeds', async () => {
  const { listen } = await listener('g', 'a "b" $(c) \u4f60', 'next');
  const failed = await listen(['--exec', 'echo "$IM_FROM wrote $IM_BODY"; exit 3']);
  assert.deepEqual([failed.code, failed.stdout], [EXIT_CODES.unexpected.code, 'alice wrote a "b" $(c) \u4f60\n']);
  assert.match(failed.stderr, /ended with 3.*\n.*not acked/);
  const done = await listen(['--count', '2', '--exec', 'printf "%s: " "$IM_SEQ"; cat; echo']);
  assert.deepEqual([done.code, done.stdout], [0, '1: a "b" $(c) \u4f60\n2: next\n']);
});

test('--exec passes a body with NUL on standard input unchanged', async () => {
  const { listen } = await listener('h', 'a\0b');
  const { stdout } = await listen(['--count', '1', '--exec', 'printf "%s " "$IM_BODY"; od -An -c']);
  assert.equal(stdout.replace(/ +/g, ' '), 'a\u2400b a \\0 b\n');
});

test('a newer login ends the older one with 7', async () => {
  const { start, send } = await listener('i');
  const older = start(['--json']);
  await send('one', '--wait', 'delivered');
  const newer = start(['--json']);
  const { code, stderr } = await older.finished;
  assert.equal(code, EXIT_CODES.replaced.code);
  assert.match(stderr, /i was logged out here\n.*newer login/);
  await send('two');
  await newer.line('two');
});

test('SIGINT ends it with 130 and SIGTERM with 143, without output', async () => {
  const { start, send } = await listener('j');
  for (const [signal, exit] of [
    ['SIGINT', 'interrupted'],
    ['SIGTERM', 'terminated'],
  ] as const) {
    const listening = start();
    await send(signal, '--wait', 'delivered');
    listening.child.kill(signal);
    const { code, stderr } = await listening.finished;
    assert.deepEqual([code, stderr], [EXIT_CODES[exit].code, '']);
  }
});

test('--from prints messages of these users; others are acked, and kept once for the chat client', async () => {
  const { listen, start, send } = await listener('k', 'one');
  const sent = await server.im(['send', 'k', 'not matched', '--as', 'carol', '--id', 'c-1']);
  assert.equal(sent.code, 0);
  await send('two');
  const { code, stdout, stderr } = await listen(['--count', '2', '--from', 'alice', '--from', 'bob']);
  assert.deepEqual([code, stdout], [0, 'alice: one\nalice: two\n']);
  assert.equal(stderr, 'kept 1 unread message from others; to read: im connect k\n');
  const repeated = await server.im(['send', 'k', 'not matched', '--as', 'carol', '--id', 'c-1', '--wait', 'delivered']);
  assert.equal(repeated.code, 0);
  const history = await readFile(await keptFrom('carol', 'k'), 'utf8');
  assert.equal(history.match(/"id":"c-1"/g)?.length, 1);

  const listening = start(['--from', 'alice']);
  await server.im(['send', 'k', 'again', '--as', 'carol', '--wait', 'delivered']);
  listening.child.kill('SIGKILL');
  assert.equal((await listening.finished).stdout, '');
  assert.match(await readFile(await keptFrom('carol', 'k'), 'utf8'), /"body":"again"/);
});

/** Path of the history of `user` with `peer` on this machine. */
async function keptFrom(peer: string, user: string): Promise<string> {
  const state = join(server.env.HOME as string, '.local/state/im');
  const [path] = (await readdir(state, { recursive: true })).filter((name) =>
    name.endsWith(`${user}/chat/history/${peer}/000001.ndjson`),
  );
  assert.ok(path);
  return join(state, path);
}

test('--format prints messages with a template; an invalid one is refused before the login', async () => {
  const { listen } = await listener('l', 'one\ntwo');
  const wrong = await listen(['--format', '{form}']);
  assert.equal(wrong.code, EXIT_CODES.usage.code);
  assert.match(wrong.stderr, /unknown field \{form\}; known: \{from\} /);
  const both = await listen(['--format', '{from}', '--json']);
  assert.equal(both.code, EXIT_CODES.usage.code);
  const { stdout } = await listen(['--count', '1', '--format', '{to} <- {from} {{{seq}}}: {line}']);
  assert.equal(stdout, 'l <- alice {1}: one^Jtwo\n');
});

test('without a server --timeout is a failure, and a note says that it is offline', async (t) => {
  const env = await makeHome(t);
  const words = ['listen', '--as', 'bob', '--url', 'ws://127.0.0.1:1', '--timeout', '200ms'];
  const { code, stderr } = await im(t, words, { env: { ...env, IM_TOKEN: 'none' } });
  assert.equal(code, EXIT_CODES['not-stored'].code);
  assert.match(stderr, /^offline: .*\nim: the server was not reached within 200ms\n/m);
});

test('without a terminal SIGHUP ends neither it nor its command, as users of nohup expect', async () => {
  const { start, send } = await listener('m', 'one');
  const listening = start(['--count', '2', '--exec', 'kill -HUP $PPID; kill -HUP $$; echo "survived $IM_BODY"']);
  await listening.line('survived one');
  await send('two');
  assert.deepEqual([(await listening.finished).code, (await listening.finished).stderr], [0, '']);
});

test('it leaves the chat alone, and each device gets every message', async () => {
  const { listen, start, send } = await listener('n', 'one');
  assert.equal((await listen(['--device', 'desktop', '--count', '1'])).stdout, 'alice: one\n');
  await send('two');
  assert.equal((await listen(['--count', '1'])).stdout, 'alice: two\n');
  const chat = server.start(['connect', 'n']);
  await chat.line('online', 'stderr');
  const [listening, other] = [start(['--device', 'listen', '--from', 'alice']), start(['--device', 'desktop'])];
  const carol = await server.im(['send', 'n', 'not matched', '--as', 'carol', '--wait', 'delivered']);
  assert.equal(carol.code, 0);
  await send('hello');
  await Promise.all([listening.line('hello'), other.line('hello'), chat.line('hello')]);
  chat.child.stdin.end('/quit\n');
  assert.equal((await chat.finished).stdout, 'carol: not matched\nalice: hello\n');
  for (const one of [listening, other]) one.child.kill('SIGTERM');
  assert.equal((await listening.finished).stdout, 'alice: hello\n');
  assert.equal((await other.finished).stdout, 'alice: two\ncarol: not matched\nalice: hello\n');
});

test('--device main takes the place of the chat on this machine, as before there were devices', async () => {
  const { start, send } = await listener('o');
  const chat = server.start(['connect', 'o']);
  await chat.line('online', 'stderr');
  await send('for the chat', '--wait', 'delivered');
  await chat.line('for the chat');
  const listening = start(['--device', 'main']);
  assert.equal((await chat.finished).code, EXIT_CODES.replaced.code);
  await send('two');
  await listening.line('two');
  listening.child.kill('SIGTERM');
  assert.equal((await listening.finished).stdout, 'alice: two\n');
});

test('SIGTERM ends the command, too, with all it has started; the message is not acked', async () => {
  const { start, listen } = await listener('l', 'one');
  const listening = start(['--exec', 'sleep 100 & echo "process $!"; wait']);
  const pid = Number((await listening.line('process')).split(' ')[1]);
  listening.child.kill('SIGTERM');
  assert.equal((await listening.finished).code, EXIT_CODES.terminated.code);
  while (isRunning(pid)) await new Promise(setImmediate);
  // One that ignores the signal is killed by the second.
  const stubborn = start(['--exec', 'trap "" TERM; echo "process $$ $IM_BODY"; while :; do sleep 100; done']);
  const shell = Number((await stubborn.line('one')).split(' ')[1]);
  stubborn.child.kill('SIGTERM');
  while (stubborn.child.kill('SIGTERM')) await new Promise(setImmediate);
  await stubborn.finished;
  while (isRunning(shell)) await new Promise(setImmediate);
  assert.equal((await listen(['--count', '1'])).stdout, 'alice: one\n');
});

test('--park-after puts a message that fails into a file and goes on; im replay --file puts it back, and it arrives again', async () => {
  const { listen } = await listener('r', 'poison', 'next');
  const file = join(server.data, 'parked.jsonl');
  const park = ['--drain', '--park', file, '--park-after'];
  const fails = ['--exec', 'echo "$IM_BODY"; test "$IM_BODY" != poison'];
  const first = await listen([...park, '2', ...fails]);
  assert.deepEqual([first.code, first.stdout], [0, 'poison\npoison\nnext\n']);
  assert.match(first.stderr, /^im: the command ended with 1 for message \S+ from alice: 1 of 2; again in 1s$/m);
  assert.match(first.stderr, /^im: the command ended with 1 for message \S+ from alice; parked in .*parked.jsonl$/m);
  const [line] = jsonLines(await readFile(file, 'utf8'));
  const { to, from, body, seq, parked } = line as { parked: Record<string, unknown> } & Record<string, unknown>;
  assert.deepEqual([to, from, body, seq], ['r', 'alice', 'poison', 1]);
  assert.deepEqual([parked.device, parked.failed, parked.why], ['listen', 2, 'the command ended with 1']);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await listen(['--drain'])).stdout, '', 'it is acked');

  const replay = async () => (await server.im(['replay', '--file', file])).stdout;
  assert.equal(await replay(), '1 stored, 0 known before, 0 refused\n');
  assert.equal(await replay(), '0 stored, 1 known before, 0 refused\n', 'nothing is stored twice');
  assert.equal((await listen([...park, '1', '--exec', 'cat'])).stdout, 'poison');
  assert.equal(await replay(), '0 stored, 1 known before, 0 refused\n', 'also when it is handled');
  assert.equal((await listen(['--drain'])).stdout, '');
});

test('failures are counted on after a restart, and those of a signal are not counted', async () => {
  const { listen, start } = await listener('s', 'poison');
  const file = join(server.data, 'parked-s.jsonl');
  const park = ['--park', file, '--park-after', '2', '--exec', 'echo "$IM_BODY"; sleep "$IM_WAIT"; false'];
  const run = (wait: string) => server.start(['listen', '--as', 's', ...park], { env: { IM_WAIT: wait } });
  const stopped = run('100');
  await stopped.line('poison');
  stopped.child.kill('SIGTERM');
  assert.equal((await stopped.finished).code, EXIT_CODES.terminated.code);
  const failed = run('0');
  await failed.line('1 of 2', 'stderr');
  failed.child.kill('SIGTERM');
  assert.equal((await failed.finished).code, EXIT_CODES.terminated.code);
  assert.equal(await readFile(file, 'utf8'), '');
  const last = start(park);
  await last.line('parked in', 'stderr');
  last.child.kill('SIGTERM');
  assert.equal((await last.finished).stdout, 'poison\n');
  assert.equal((await listen(['--drain'])).stdout, '');
});

test('a file in which messages cannot be parked is refused before the login, and flags that miss each other are, too', async () => {
  const { listen, send } = await listener('t', 'poison');
  const exec = ['--exec', 'false'];
  const tables: [string[], RegExp][] = [
    [[...exec, '--park-after', '1', '--park', '/dev/null'], /cannot be parked in \/dev\/null\n.*not a file/],
    [[...exec, '--park-after', '1', '--park', join(server.data, 'no/parked')], /cannot be parked/],
    [[...exec, '--park-after', '1', '--park', '-'], /name a file/],
    [[...exec, '--park-after', '1'], /--park/],
    [[...exec, '--park', 'x'], /--park-after/],
    [['--park-after', '1', '--park', 'x'], /--exec/],
  ];
  for (const [flags, problem] of tables) {
    const { code, stderr } = await listen(flags);
    assert.equal(code, EXIT_CODES.usage.code, flags.join(' '));
    assert.match(stderr, problem);
  }
  await send('next');
  assert.equal((await listen(['--drain'])).stdout, 'alice: poison\nalice: next\n');
});

/** A zombie, which nobody has waited for, has ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
