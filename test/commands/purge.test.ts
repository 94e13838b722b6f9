/** `im purge` as people run it: messages are deleted only after they are in a file, and their senders are notified. */
import assert from 'node:assert/strict';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { writeJsonFile } from '../../src/disk/json-file.js';
import { realFiles } from '../../src/io/files.js';
import { im, makeHome, type Scope } from '../harness/process.js';
import { holdFolder } from './held-folder.js';
import { asOperator, type Served, serve } from './server.js';

/** A server with a1, m1, a2 and m2 for bob, who is away: from alice and from mallory. */
async function withQueue(scope: Scope): Promise<Served> {
  const server = await serve(scope);
  await server.im(['user', 'add', 'bob', '--keep']);
  for (const id of ['a1', 'm1', 'a2', 'm2']) {
    const from = id.startsWith('a') ? 'alice' : 'mallory';
    assert.equal((await server.im(['send', 'bob', `body of ${id}`, '--as', from, '--id', id])).code, 0);
  }
  return server;
}

const list = async (server: Served, ...words: readonly string[]): Promise<string> =>
  (await server.im(['inspect-queue', 'bob', '--json', ...words])).stdout;

test('with a server: messages are exported, then deleted; the others arrive, and the sender is notified', async (t) => {
  const server = await withQueue(t);
  const file = join(server.data, '../mallory.jsonl');
  const words = ['purge', 'bob', '--from', 'mallory'];
  const matching = await list(server, '--from', 'mallory');

  const missing = await server.im(words);
  assert.deepEqual([missing.code, missing.stdout], [EXIT_CODES.usage.code, '']);
  assert.match(missing.stderr, /missing: --yes or --dry-run\n.*--dry-run shows the messages/);
  const dry = await server.im([...words, '--dry-run', '--json']);
  assert.deepEqual([dry.code, dry.stdout, dry.stderr], [0, matching, 'im: 2 messages; nothing was done\n']);
  assert.equal(await list(server, '--from', 'mallory'), matching);

  const done = await server.im([...words, '--yes', '--export', file]);
  assert.deepEqual([done.code, done.stdout], [0, '2 of 2 messages to bob purged\n']);
  assert.equal(await readFile(file, 'utf8'), matching);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(await list(server, '--status', 'purged'), /^\{.*"id":"m1".*"status":"purged".*\}\n\{.*"id":"m2".*\}\n$/);
  assert.doesNotMatch(await list(server, '--status', 'all'), /body of m/);
  assert.match((await server.im(['inspect-queue', '--summary'])).stdout, /^bob +2 /m);

  const resent = await server.im(['send', 'bob', 'body of m1', '--as', 'mallory', '--id', 'm1']);
  assert.deepEqual([resent.code, resent.stdout], [EXIT_CODES.refused.code, '']);
  assert.match(resent.stderr, /an operator deleted this message/);
  const heard = await server.im(['listen', '--as', 'bob', '--count', '2']);
  assert.equal(heard.stdout, 'alice: body of a1\nalice: body of a2\n');
  const { stdout: trace } = await server.im(['trace', 'm1']);
  assert.match(
    trace,
    /^m1 from mallory to bob: seq 2, 10 bytes, purged\n.* stored .*\n.* purged +deleted by an operator/,
  );
  assert.match(
    (await server.im(['inspect-queue', '--audit'])).stdout,
    /operator +purge +bob +2 +0 +bob --from mallory/,
  );
});

test('without a server: messages are deleted too, and the export can be put back', async (t) => {
  const server = await withQueue(t);
  server.process.child.kill('SIGTERM');
  await server.process.finished;
  const file = join(server.data, '../all.jsonl');
  const done = await server.im(['purge', 'bob', '--yes', '--export', file, '--json']);
  const { run, ...rest } = JSON.parse(done.stdout) as Record<string, unknown>;
  assert.equal(typeof run, 'string');
  assert.deepEqual(rest, { what: 'purge', user: 'bob', done: 4, left: 0, file });
  assert.equal(await list(server), '');
  const again = await server.im(['purge', 'bob', '--yes', '--export', `${file}.2`]);
  assert.deepEqual([again.code, again.stdout], [0, '0 of 0 messages to bob purged\n']);
  await assert.rejects(access(`${file}.2`), 'no file for nothing');

  const next = server.start(['serve', '--json', '--port', '0']);
  await next.line('listening');
  for (const result of ['4 stored, 0 known before, 0 refused\n', '0 stored, 4 known before, 0 refused\n']) {
    assert.equal((await server.im(['replay', '--file', file])).stdout, result);
  }
  const heard = await server.im(['listen', '--as', 'bob', '--count', '4']);
  assert.equal(heard.stdout.split('\n')[0], 'alice: body of a1');
});

test('a file is not overwritten, and nothing is deleted if the export fails', async (t) => {
  const server = await withQueue(t);
  const file = join(server.data, '../there.jsonl');
  await writeFile(file, 'mine');
  for (const path of [file, join(server.data, '../no-such-folder/x')]) {
    const { code, stderr } = await server.im(['purge', 'bob', '--yes', '--export', path]);
    assert.equal(code, EXIT_CODES.usage.code);
    assert.match(stderr, /nothing was changed/);
  }
  assert.equal(await readFile(file, 'utf8'), 'mine');
  assert.equal((await list(server)).split('\n').length, 5);
});

test('a server that starts while the command waits for the folder purges there itself', async (t) => {
  const server = await withQueue(t);
  const data = join(server.data, '../copy');
  await server.im(['backup', data]);
  // As a server that has not said yet where it listens; then it is the server that runs.
  const { asked, release } = await holdFolder(data);
  t.after(release);
  const file = join(server.data, '../waited.jsonl');
  const purging = server.start(['purge', 'bob', '--yes', '--export', file, '--data', data]);
  await asked;
  const lock = { files: realFiles, path: join(data, 'lock'), format: 1 };
  await writeJsonFile(lock, { pid: process.pid, host: hostname(), since: 1, url: server.url });
  const { code, stdout, stderr } = await purging.finished;
  assert.deepEqual([code, stdout], [0, '4 of 4 messages to bob purged\n'], stderr);
  assert.equal(await list(server), '');
});

test('with --url: only for operators', async (t) => {
  const server = await withQueue(t);
  const home = await makeHome(t);
  const file = join(server.data, '../elsewhere.jsonl');
  const words = ['purge', 'bob', '--yes', '--export', file, '--url', server.url];
  const { stdout: token } = await server.im(['user', 'rotate', 'bob']);
  const refused = await im(t, [...words, '--as', 'bob', '--token-stdin'], { env: home, input: token });
  assert.equal(refused.code, EXIT_CODES['credential-refused'].code);
  const done = await im(t, [...words, ...asOperator(server), '--max', '3'], { env: home });
  assert.deepEqual([done.code, done.stdout], [0, '3 of 3 messages to bob purged\n']);
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 4);
});
