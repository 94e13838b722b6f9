/** `im bench` as a process: short runs, kills, a server of other people, and that nothing is left behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, start } from '../harness/process.js';
import { asOperator, jsonLines, serve } from './server.js';

interface Printed {
  readonly phases: readonly { readonly name: string; readonly messages: number; readonly serverMicros?: number }[];
  readonly own?: { readonly kills?: number };
  readonly verdict: Readonly<Record<string, number | boolean>>;
}

/** An empty home, with a folder of its own for temporary files. */
async function makePlace(t: TestContext) {
  const home = await makeHome(t);
  const temporary = join(home.HOME as string, 'tmp');
  await mkdir(temporary);
  // A server that is named elsewhere is not measured.
  return { temporary, env: { ...home, TMPDIR: temporary, IM_URL: 'ws://127.0.0.1:1' } };
}

/** Runs it with --json, and checks that every promise held. */
async function measured(t: TestContext, words: readonly string[], env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await im(t, ['bench', '--pairs', '2', '--json', ...words], { env });
  assert.equal(code, 0, stderr);
  const [result, ...more] = jsonLines(stdout) as unknown as Printed[];
  assert.ok(result);
  assert.deepEqual(more, []);
  const { sent, stored, delivered, held, lost, twice, outOfOrder, altered, unacked } = result.verdict;
  assert.deepEqual({ stored, delivered, held }, { stored: sent, delivered: sent, held: true });
  assert.deepEqual([lost, twice, outOfOrder, altered, unacked], [0, 0, 0, 0, 0]);
  return result;
}

test('a second of load: figures, a histogram and a verdict, and nothing is left in the temporary folder', async (t) => {
  const { temporary, env } = await makePlace(t);
  const words = ['bench', '--pairs', '2', '--seconds', '1', '--connections', '3'];
  const { code, stdout, stderr } = await im(t, words, { env });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^2 pairs, window 64, bodies of 116 bytes; 3 idle sessions$/m);
  assert.match(stdout, /^live +[1-9]/m);
  assert.match(stdout, /^ *< \S+ +#+ +\S+ %$/m);
  assert.match(stdout, /^lost 0, twice 0, out of order 0, altered 0\nevery promise held\n$/m);
  assert.deepEqual(await readdir(temporary), []);
});

test('R14: a server that is killed again and again keeps its promises', async (t) => {
  const { temporary, env } = await makePlace(t);
  const { own, phases } = await measured(t, ['--seconds', '2', '--kill-every', '100ms'], env);
  assert.ok((own?.kills ?? 0) > 0);
  assert.equal(phases[0]?.serverMicros, undefined, 'the processor time of several servers is not known');
  assert.deepEqual(await readdir(temporary), []);
});

test('messages to recipients who are away are stored, then drained', async (t) => {
  const { env } = await makePlace(t);
  const { phases, verdict } = await measured(t, ['--offline', '301', '--size', '0'], env);
  assert.deepEqual(
    phases.map(({ name, messages }) => [name, messages]),
    [
      ['store', 301],
      ['drain', 301],
    ],
  );
  assert.equal(verdict.sent, 301);
});

test('SIGINT at the start, SIGTERM in the middle: no process and no folder is left', async (t) => {
  const begin = async () => {
    const place = await makePlace(t);
    return { ...place, bench: start(t, ['bench', '--seconds', '600', '--pairs', '2'], place) };
  };
  const early = await begin();
  const watching = watch(early.temporary);
  while ((await readdir(early.temporary)).length === 0) await once(watching, 'change');
  watching.close();
  early.bench.child.kill('SIGINT');
  assert.equal((await early.bench.finished).code, EXIT_CODES.interrupted.code);
  assert.deepEqual(await readdir(early.temporary), []);

  const late = await begin();
  await late.bench.line(/messages\/s/, 'stderr'); // a line of progress
  assert.equal((await readdir(late.temporary)).length, 1);
  late.bench.child.kill('SIGTERM');
  assert.equal((await late.bench.finished).code, EXIT_CODES.terminated.code);
  assert.deepEqual(await readdir(late.temporary), []);
});

test('a folder that cannot be used, flags that exclude each other: it says what to do', async (t) => {
  const { env } = await makePlace(t);
  const nowhere = await im(t, ['bench', '--folder', '/nowhere/at/all'], { env });
  assert.equal(nowhere.code, EXIT_CODES.unexpected.code);
  assert.match(nowhere.stderr, /^im: the bench has no temporary folder\n.*\/nowhere\/at\/all.*\n.*--folder DIR\n$/);
  for (const words of [
    ['--url', 'ws://127.0.0.1:1', '--kill-every', '1s'],
    ['--url', 'ws://127.0.0.1:1', '--folder', '.'],
    ['--offline', '1', '--seconds', '1'],
    ['--kill-every', '0s'],
    ['--shared'],
  ])
    assert.equal((await im(t, ['bench', ...words], { env })).code, EXIT_CODES.usage.code, words.join(' '));
});

const server = await serve(fileScope());
const usersOf = async (): Promise<readonly unknown[]> =>
  jsonLines((await server.im(['user', 'list', '--json'])).stdout).map(({ user }) => user);

test('another server: measured as its operator, and its users are removed again', async (t) => {
  const before = await usersOf();
  const result = await measured(t, ['--seconds', '1', '--url', server.url], server.env);
  assert.equal(result.own, undefined);
  assert.deepEqual(await usersOf(), before);
});

test('a server with users of other people is refused, unless they share it; and SIGINT leaves no user', async (t) => {
  await server.im(['user', 'add', 'alice']);
  const before = await usersOf();
  const home = await makeHome(t); // as from another machine
  const words = ['bench', '--pairs', '2', '--url', server.url, ...asOperator(server)];
  const refused = await im(t, words, { env: home });
  assert.equal(refused.code, EXIT_CODES.refused.code);
  assert.match(refused.stderr, /^im: ws:\S+ has users of other people: alice\n.*nothing was done\n.*--shared\n$/);
  const bench = start(t, [...words, '--shared', '--seconds', '600'], { env: home });
  await bench.line(/messages\/s/, 'stderr');
  assert.equal((await usersOf()).length, before.length + 4);
  bench.child.kill('SIGINT');
  assert.equal((await bench.finished).code, EXIT_CODES.interrupted.code);
  assert.deepEqual(await usersOf(), before);
});

test('without the token of an operator nothing is done', async (t) => {
  const env = await makeHome(t);
  const { code, stderr } = await im(t, ['bench', '--url', server.url], { env });
  assert.equal(code, EXIT_CODES['credential-refused'].code);
  assert.match(stderr, /--as OPERATOR --token-file FILE/);
});

test('more connections than files may be open are refused at once', async (t) => {
  const { env } = await makePlace(t);
  const script = 'ulimit -n 2000; exec "$NODE" "$IM" bench --connections 1500';
  const more = { ...env, NODE: process.execPath, IM: PROGRAM };
  const { code, stderr } = await im(t, ['-c', script], { program: 'sh', env: more });
  assert.equal(code, EXIT_CODES.usage.code, stderr);
  assert.match(
    stderr,
    /^im: 1500 connections need more files than this process may open\n {4}its limit is 2000\n {4}raise it/,
  );
});
