/** Commands about the queue of a user: one who does not exist is refused by name, one without messages has an empty queue. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { readJsonFile, writeJsonFile } from '../../src/disk/json-file.js';
import { realFiles as files } from '../../src/io/files.js';
import { fileScope, im, makeHome } from '../harness/process.js';
import { asOperator, serve, serveIn } from './server.js';

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'bob', 'left', '--keep']);
await server.im(['send', 'left', 'still here', '--as', 'alice', '--id', 'm1']);

const NOBODY = [
  ['inspect-queue', 'nobody'],
  ['inspect-queue', 'nobody', '--summary', '--json'],
  ['purge', 'nobody', '--yes'],
  ['purge', 'nobody', '--dry-run'],
  ['replay', 'nobody', '--dry-run'],
];
const REFUSED = EXIT_CODES.refused.code;
const HELP = /^im: there is no user nobody\n {4}.*im user add nobody\n$/;

async function refuses(run: (words: readonly string[]) => ReturnType<typeof im>, lines: readonly string[][]) {
  for (const words of lines) {
    const { code, stdout, stderr } = await run(words);
    assert.deepEqual([code, stdout], [REFUSED, ''], `${words.join(' ')}\n${stderr}`);
    assert.match(stderr, HELP, words.join(' '));
  }
}

const ids = (stdout: string) => [...stdout.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id);

test('beside a server, from elsewhere, and without a server: who does not exist is refused; who does has an empty queue', async (t) => {
  const { HOME = '' } = server.env;
  const names = await readdir(HOME);
  const env = await makeHome(t);
  const there = ['--url', server.url, ...asOperator(server)];
  const replay = [
    ['replay', 'nobody'],
    ['replay', 'nobody', '--delivered'],
  ];
  const trace = [['trace', 'm1', '--to', 'nobody']];
  await refuses(server.im, [...NOBODY, ...replay, ...trace]);
  await refuses((words) => im(t, [...words, ...there], { env }), [...NOBODY, ...replay]);
  const check = await server.im(['inspect-queue', 'nobody', '--check']);
  assert.deepEqual([check.code, check.stdout], [3, 'QUEUE UNKNOWN - there is no user nobody\n']);
  for (const words of [
    ['inspect-queue', 'bob'],
    ['purge', 'bob', '--yes'],
    ['replay', 'bob', '--dry-run'],
  ]) {
    assert.equal((await server.im(words)).code, 0, words.join(' '));
    assert.equal((await im(t, [...words, ...there], { env })).code, 0, words.join(' '));
  }

  server.process.child.kill('SIGTERM');
  await server.process.finished;
  await refuses(server.im, [...NOBODY, ...trace]);
  assert.equal((await server.im(['inspect-queue', 'bob'])).code, 0);

  // A process that is killed while it removes a user leaves the mailbox.
  const users = { files, path: join(server.data, 'users.json'), format: 2 };
  const document = await readJsonFile<{ users: { user: string }[] }>(users);
  await writeJsonFile(users, { ...document, users: document.users.filter(({ user }) => user !== 'left') });
  const read = ['inspect-queue', 'left', '--json'];
  assert.deepEqual(ids((await server.im(read)).stdout), ['m1']);
  assert.equal((await server.im(['trace', 'm1', '--to', 'left'])).code, 0);
  const next = await serveIn(t, server.env);
  const elsewhere = await im(t, [...read, '--url', next.url, ...asOperator(next)], { env });
  assert.deepEqual(ids(elsewhere.stdout), ['m1'], elsewhere.stderr);
  assert.deepEqual(await readdir(HOME), names, 'no export is made');
});
