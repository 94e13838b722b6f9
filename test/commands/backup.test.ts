/** `im backup` and `im restore` as people run them: beside a server in use, and with clients that have seen more than the backup. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome, type Scope } from '../harness/process.js';
import { holdFolder } from './held-folder.js';
import { jsonLines, type Served, serve, serveIn } from './server.js';

const inHome = ({ env }: Pick<Served, 'env'>, ...names: readonly string[]): string =>
  join(env.HOME as string, ...names);

/** Runs `im` with these words; it must exit with 0. */
async function must(server: Served, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await server.im(words);
  assert.equal(code, 0, `im ${words.join(' ')}: ${stderr}`);
  return stdout;
}

const send = (server: Served, ...ids: readonly string[]): Promise<void> =>
  ids.reduce(
    async (sent, id) =>
      sent
        .then(() => must(server, 'send', 'bob', `body of ${id}`, '--as', 'alice', '--id', id, '--quiet'))
        .then(() => {}),
    Promise.resolve(),
  );

async function withBob(scope: Scope): Promise<Served> {
  const server = await serve(scope);
  await must(server, 'user', 'add', 'alice', 'bob', '--keep');
  return server;
}

const idsIn = async (server: Served, folder: string): Promise<unknown[]> =>
  jsonLines(await must(server, 'inspect-queue', '--data', folder, '--status', 'all', '--json')).map(({ id }) => id);

test('a backup beside a server that is being sent to has everything that was acknowledged before', async (t) => {
  const server = await withBob(t);
  await send(server, 'early1', 'early2');
  const sending = server.start(['send', 'bob', '--as', 'alice', '--stdin', 'lines', '--json']);
  const acknowledged = new Set(['early1', 'early2']);
  const lines = createInterface({ input: sending.child.stdout });
  lines.on('line', (line) => acknowledged.add((JSON.parse(line) as { id: string }).id));
  let isOver = false;
  const writing = (async () => {
    for (let line = 0; !isOver; line++) {
      if (!sending.child.stdin.write(`line ${line} ${'.'.repeat(200)}\n`)) await once(sending.child.stdin, 'drain');
    }
    sending.child.stdin.end();
  })();
  while (acknowledged.size < 200) await once(lines, 'line');
  const before = [...acknowledged];
  const folder = inHome(server, 'backup');
  const { code, stdout } = await server.im(['backup', folder, '--json']);
  const during = acknowledged.size - before.length;
  isOver = true;
  await writing;
  await sending.finished;
  assert.equal(code, 0);
  assert.ok(during > 0, 'messages were stored while it was made');
  const [summary] = jsonLines(stdout);
  const copied = new Set(await idsIn(server, folder));
  assert.deepEqual(
    before.filter((id) => !copied.has(id)),
    [],
  );
  assert.equal(summary?.messages, copied.size);
  assert.equal(summary?.users, 3, 'alice, bob, and the operator');
  for (const name of await readdir(folder, { recursive: true })) {
    const { mode } = await stat(join(folder, name));
    assert.equal(mode & 0o077, 0, `${name} is private`);
  }
});

test('after a restore nothing is shown twice, every new message is shown once, and people are told', async (t) => {
  const server = await withBob(t);
  const listen = async (from: Served, count: number) => from.im(['listen', '--as', 'bob', '--count', `${count}`]);
  await send(server, 'm1', 'm2');
  assert.equal((await listen(server, 2)).stdout, 'alice: body of m1\nalice: body of m2\n');
  const backup = inHome(server, 'backup');
  assert.match(
    await must(server, 'backup', backup),
    /^backed up .*\n3 users, 2 messages, the newest stored .*; 0 undelivered\nverified: complete up to record \d+ of the journal\n$/,
  );
  await send(server, 'm3', 'm4');
  assert.equal((await listen(server, 2)).stdout, 'alice: body of m3\nalice: body of m4\n');
  server.process.child.kill('SIGTERM');
  await server.process.finished;

  const data = inHome(server, 'restored');
  assert.match(await must(server, 'restore', backup, '--data', data), /^restored .*\n3 users, 2 messages/);
  const env = { ...server.env, IM_DATA: data };
  const restored = await serveIn(t, env, '--data', data);
  await send(restored, 'n1', 'n2', 'n3');
  const heard = await listen(restored, 3);
  assert.equal(heard.stdout, 'alice: body of n1\nalice: body of n2\nalice: body of n3\n');
  assert.match(heard.stderr, /restored|went back|older/, 'bob is told');
  const { stdout: kept } = await restored.im(['inspect-queue', 'bob', '--status', 'all', '--json']);
  assert.deepEqual(
    jsonLines(kept).map(({ id, status }) => [id, status]),
    ['m1', 'm2', 'n1', 'n2', 'n3'].map((id) => [id, 'delivered']),
  );
});

test('without a server; a token that is kept works with the restored folder', async (t) => {
  const server = await withBob(t);
  await send(server, 'm1');
  server.process.child.kill('SIGTERM');
  await server.process.finished;
  await must(server, 'backup', inHome(server, 'backup'));
  const data = inHome(server, 'restored');
  await must(server, 'restore', inHome(server, 'backup'), '--data', data);
  const restored = await serveIn(t, { ...server.env, IM_DATA: data }, '--data', data);
  assert.equal((await restored.im(['listen', '--as', 'bob', '--count', '1'])).stdout, 'alice: body of m1\n');
});

test('nothing is overwritten, and a folder without a store is refused', async (t) => {
  const server = await withBob(t);
  const backup = inHome(server, 'backup');
  await mkdir(backup);
  await writeFile(join(backup, 'mine'), 'mine');
  const full = await server.im(['backup', backup]);
  assert.deepEqual([full.code, full.stdout], [EXIT_CODES.usage.code, '']);
  assert.match(full.stderr, /backup is not empty.*\n.*name a new folder/s);
  assert.deepEqual(await readdir(backup), ['mine']);

  const over = await server.im(['restore', inHome(server, 'nothing')]);
  assert.equal(over.code, EXIT_CODES.usage.code, 'the data folder in use is not empty');
  const nothing = await server.im(['restore', inHome(server, 'nothing'), '--data', inHome(server, 'new')]);
  assert.equal(nothing.code, EXIT_CODES['data-unusable'].code);
  assert.match(nothing.stderr, /there is no store in .*nothing\n {4}name a folder that im backup made\n$/);
  await assert.rejects(stat(inHome(server, 'new')), { code: 'ENOENT' });

  const elsewhere = await im(t, ['backup', join(backup, '../second')], { env: await makeHome(t) });
  assert.equal(elsewhere.code, EXIT_CODES['data-unusable'].code);
});

test('a damaged mailbox is named and left out; all others are in the backup', async (t) => {
  const server = await withBob(t);
  await send(server, 'm1');
  await must(server, 'send', 'alice', 'to alice', '--as', 'bob', '--id', 'a1');
  server.process.child.kill('SIGTERM'); // the mailboxes are written
  await server.process.finished;
  const again = await serveIn(t, server.env);
  again.process.child.kill('SIGTERM');
  await again.process.finished;
  const file = join(server.data, 'mailboxes', 'bob.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('body of m1', 'body of m2'));
  const { code, stderr } = await server.im(['backup', inHome(server, 'backup')]);
  assert.equal(code, EXIT_CODES['data-unusable'].code);
  assert.match(stderr, /the mailbox of bob: .*\n.*without 1 mailbox that cannot be read/s);
  assert.deepEqual(await idsIn(server, inHome(server, 'backup')), ['a1']);
});

test('backup and restore wait for another command in their target folder, and then look whether it is empty', async (t) => {
  const server = await withBob(t);
  const backup = inHome(server, 'backup');
  for (const [words, folder, left] of [
    [['backup', backup], backup, undefined],
    [['restore', backup, '--data', inHome(server, 'restored')], inHome(server, 'restored'), undefined],
    [['backup', inHome(server, 'used')], inHome(server, 'used'), 'left'],
    [['restore', backup, '--data', inHome(server, 'used')], inHome(server, 'used'), 'again'],
  ] as const) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    const { asked, release } = await holdFolder(folder);
    const running = server.start(words);
    await asked;
    if (left !== undefined) await writeFile(join(folder, left), 'mine');
    await release();
    const { code, stderr } = await running.finished;
    assert.equal(code, left === undefined ? 0 : EXIT_CODES.usage.code, stderr);
    if (left !== undefined) assert.deepEqual(await readdir(folder), [left], stderr);
  }
});
