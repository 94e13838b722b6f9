/** `im replay` as people run it, against a real server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome, type Scope } from '../harness/process.js';
import { asOperator, type Served, serve } from './server.js';

/** A server on which bob exists, and these messages wait for him. */
async function withQueue(scope: Scope, ...ids: readonly string[]): Promise<Served> {
  const server = await serve(scope);
  await server.im(['user', 'add', 'bob', '--keep']);
  const input = ids.map((id) => `${JSON.stringify({ id, body: `body of ${id}` })}\n`).join('');
  const { code } = await server.im(['send', 'bob', '--as', 'alice', '--stdin', 'jsonl'], { input });
  assert.equal(code, 0);
  return server;
}

const exported = async (server: Served): Promise<string> => (await server.im(['inspect-queue', '--json'])).stdout;

/** Without what only the one server knows: the seq. */
const comparable = (text: string): string => text.replaceAll(/"seq":\d+,/g, '');

test('with --url, a token on standard input is enough for both connections', async (t) => {
  const server = await withQueue(t, 'm1');
  const bob = server.start(['listen', '--as', 'bob', '--json']);
  await bob.line('"m1"');
  const { stdout: token } = await server.im(['user', 'add', 'root', '--operator']);
  const words = ['replay', 'bob', '--delivered', '--url', server.url, '--as', 'root', '--token-stdin'];
  for (;;) {
    const { code, stdout } = await im(t, words, { env: await makeHome(t), input: token });
    assert.equal(code, 0);
    if (stdout.startsWith('1 of 1 ')) break; // The ack is on its way.
  }
  assert.match(await bob.line('"replay"'), /"m1"/);
});

test('undelivered messages: 5 while the user is away, 0 when all are acked', async (t) => {
  const server = await withQueue(t, 'm1', 'm2');
  const away = await server.im(['replay', 'bob']);
  assert.deepEqual([away.code, away.stdout], [EXIT_CODES['not-delivered'].code, '0 of 2 messages to bob delivered\n']);
  assert.match(away.stderr, /bob is not connected\n.*nothing is lost/);
  const bob = server.start(['listen', '--as', 'bob', '--count', '2']);
  await bob.finished;
  const done = await server.im(['replay', 'bob', '--json']);
  const { run, ...rest } = JSON.parse(done.stdout) as Record<string, unknown>;
  assert.equal(done.code, 0);
  assert.deepEqual(rest, { what: 'replay', user: 'bob', done: 0, left: 0, online: false });
  assert.equal((await server.im(['replay', 'nobody'])).code, EXIT_CODES.refused.code);
});

test('delivered messages are shown again, marked as a replay, and stay delivered; the run is in the audit', async (t) => {
  const server = await withQueue(t, 'm1', 'm2');
  const bob = server.start(['listen', '--as', 'bob', '--json']);
  await bob.line('"m2"');
  const dry = await server.im(['replay', 'bob', '--delivered', '--id', 'm2', '--dry-run', '--json']);
  assert.deepEqual([dry.code, dry.stderr], [0, 'im: 1 message; nothing was done\n']);
  assert.equal((JSON.parse(dry.stdout) as { id: string }).id, 'm2');
  const { code, stdout } = await server.im(['replay', 'bob', '--delivered', '--grep', 'm2$', '--since', '1h']);
  assert.equal(code, 0);
  const [run] = stdout.match(/[0-9a-f-]{36}/) ?? [];
  const again = JSON.parse(await bob.line('"replay"')) as Record<string, unknown>;
  assert.deepEqual([again.id, again.replay, again.body], ['m2', run, 'body of m2']);
  const audit = await server.im(['inspect-queue', '--audit', '--json']);
  const entries = audit.stdout.split('\n').slice(0, -1);
  assert.equal(entries.length, 1, 'a dry run is not recorded');
  const { at, ...entry } = JSON.parse(entries[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(entry, {
    ...{ by: 'operator', run, what: 'replay', user: 'bob' },
    ...{ filter: 'bob --delivered --grep m2$ --since 1h', done: 1, left: 0, ranges: [2, 2] },
  });
  assert.equal(await exported(server), '');
});

test('a queue is moved to another server, and moving it again stores nothing twice', async (t) => {
  const from = await withQueue(t, 'm1', 'm2', 'm3');
  const to = await withQueue(t);
  const queue = await exported(from);
  const words = ['replay', '--file', '-', '--to-url', to.url, ...asOperator(to)];
  const elsewhere = await makeHome(t);
  for (const result of ['3 stored, 0 known before, 0 refused\n', '0 stored, 3 known before, 0 refused\n']) {
    const { code, stdout, stderr } = await im(t, words, { env: elsewhere, input: queue });
    assert.deepEqual([code, stdout, stderr], [0, result, '']);
  }
  assert.equal(comparable(await exported(to)), comparable(queue));
  const there = ['inspect-queue', '--json', '--url', to.url, ...asOperator(to)];
  assert.equal((await im(t, there, { env: elsewhere })).stdout, await exported(to), 'over the wire it looks the same');
  assert.match(
    (await to.im(['inspect-queue', '--audit'])).stdout,
    /operator +restore +- +3 +0 +--file - .*\n.*operator +restore +- +0 +0 +--file -/,
  );
});

test('refused lines are reported by number and not stored, and the exit code tells who refused them', async (t) => {
  const server = await withQueue(t, 'm1');
  const file = join(server.data, '../lines.jsonl');
  const line = (id: string, to = 'bob') => JSON.stringify({ to, from: 'zoe', id, at: 5, body: 'hi' });
  await writeFile(file, [line('a'), 'not a message', line('b', 'nobody'), line('c')].join('\n'));
  const stopped = await server.im(['replay', '--file', file]);
  assert.equal(stopped.code, EXIT_CODES.usage.code);
  assert.match(stopped.stderr, /^im: line 2 is not JSON\nim: stopped after line 2\n/);
  const going = await server.im(['replay', '--file', file, '--keep-going']);
  assert.deepEqual([going.code, going.stdout], [EXIT_CODES.refused.code, '1 stored, 1 known before, 2 refused\n']);
  assert.match(
    going.stderr,
    /line 2 is not JSON\n.*1 message to nobody was refused \(line 3\): there is no user nobody: im user add nobody/,
  );
  const dry = await server.im(['replay', '--file', file, '--keep-going', '--dry-run', '--json']);
  assert.equal(dry.code, EXIT_CODES.usage.code);
  assert.equal(dry.stdout.split('\n').length, 4, 'three messages');
  assert.match(dry.stderr, /1 message to nobody would be refused/, 'also when a line cannot be read');

  await writeFile(file, `${[line('d', 'nobody'), line('e', 'nobody'), line('f')].join('\n')}\n`);
  const words = ['replay', '--file', file, '--dry-run'];
  const said =
    'im: 2 messages to nobody would be refused (the first is line 1): there is no user nobody: im user add nobody\n' +
    'im: 3 messages; nothing was done\n';
  const here = await server.im(words);
  assert.deepEqual([here.code, here.stderr], [EXIT_CODES.done.code, said]);
  const together = await server.im(['replay', '--file', file]);
  assert.deepEqual(
    [together.code, together.stdout],
    [EXIT_CODES.refused.code, '1 stored, 0 known before, 2 refused\n'],
  );
  assert.match(together.stderr, /\nim: stopped after line 3\n/, 'the lines were sent together');
  const env = await makeHome(t);
  const elsewhere = await im(t, [...words, '--url', server.url, ...asOperator(server)], { env });
  assert.deepEqual([elsewhere.code, elsewhere.stderr], [EXIT_CODES.done.code, said]);
  const nowhere = await im(t, words, { env });
  assert.match(nowhere.stderr, /1 message to bob would be refused/, 'there is no server yet');
});

test('SIGINT ends it between two lines; the last line is printed, and the run is in the audit', async (t) => {
  const server = await withQueue(t);
  const lines = Array.from({ length: 50 }, (_, index) => ({
    to: 'bob',
    from: 'zoe',
    id: `m${index}`,
    at: index,
    body: '',
  }));
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const running = server.start(['replay', '--file', '-', '--rate', '1/s', '--json'], { input });
  await running.line('"line":1');
  running.child.kill('SIGINT');
  const { code, stdout } = await running.finished;
  assert.equal(code, EXIT_CODES.interrupted.code);
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { done: number; lastLine: number };
  assert.equal(last.done, last.lastLine);
  assert.match((await server.im(['inspect-queue', '--audit'])).stdout, new RegExp(`restore +- +${last.done} +0 `));
});

test('no server, no operator and contradictory flags are refused before anything is done', async (t) => {
  const env = await makeHome(t);
  const none = await im(t, ['replay', 'bob'], { env });
  assert.equal(none.code, EXIT_CODES['not-stored'].code);
  assert.match(none.stderr, /no server runs on .*\n.*im serve/);
  assert.equal((await im(t, ['replay'], { env })).code, EXIT_CODES.usage.code);
  assert.equal((await im(t, ['replay', 'bob', '--from', 'alice'], { env })).code, EXIT_CODES.usage.code);
  const server = await withQueue(t);
  const asBob = ['--url', server.url, '--as', 'bob', '--token-stdin'];
  const { stdout: token } = await server.im(['user', 'rotate', 'bob']);
  const refused = await im(t, ['replay', 'bob', ...asBob], { env, input: token });
  assert.equal(refused.code, EXIT_CODES['credential-refused'].code);
});
