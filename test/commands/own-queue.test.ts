/** `im inspect-queue --mine` and `im trace` as users who are no operators run them, here and at a server elsewhere. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome } from '../harness/process.js';
import { jsonLines, type Served, serve } from './server.js';

/** Another machine, with the tokens of these users. */
async function elsewhere(t: Parameters<typeof im>[0], server: Served, ...users: readonly string[]) {
  const home = await makeHome(t);
  const env = { ...home, IM_URL: server.url };
  const files = new Map<string, string>();
  for (const user of users) {
    const { stdout } = await server.im(['user', 'token', 'add', user]);
    const file = join(home.HOME as string, `${user}.token`);
    await writeFile(file, stdout, { mode: 0o600 });
    files.set(user, file);
  }
  return (user: string, words: readonly string[]) =>
    im(t, [...words, '--as', user, '--token-file', files.get(user) as string], { env });
}

const shown = (stdout: string) =>
  jsonLines(stdout).map(({ to, from, id, seq, body, status }) => ({ to, from, id, seq, body, status }));

test('a user sees what waits here and elsewhere, as often as wanted, and then gets it all the same', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', 'carol', 'alice', '--keep']);
  for (const [from, to, id] of [
    ['alice', 'bob', 'm1'],
    ['alice', 'carol', 'm2'],
    ['carol', 'bob', 'm3'],
    ['bob', 'alice', 'm4'],
  ] as const)
    await server.im(['send', to, `${from} says hi`, '--as', from, '--id', id]);
  const there = await elsewhere(t, server, 'alice', 'bob');
  const alices = [
    { to: 'alice', from: 'bob', id: 'm4', seq: 1, body: 'bob says hi', status: 'undelivered' },
    { to: 'bob', from: 'alice', id: 'm1', seq: undefined, body: 'alice says hi', status: 'undelivered' },
    { to: 'carol', from: 'alice', id: 'm2', seq: undefined, body: 'alice says hi', status: 'undelivered' },
  ];
  const here = await server.im(['inspect-queue', '--mine', '--as', 'alice', '--json']);
  assert.deepEqual([here.code, shown(here.stdout)], [0, alices], here.stderr);
  const again = await there('alice', ['inspect-queue', '--mine', '--json']);
  assert.deepEqual([again.code, again.stdout], [0, here.stdout], again.stderr);

  const text = await there('alice', ['inspect-queue', '--mine', '--no-body']);
  assert.match(
    text.stdout,
    /^TO +ID +FROM +STORED +AGE +TRIES +SIZE\nalice +m4 +bob .*\nbob +m1 +alice .*\ncarol +m2 +alice .*\n$/,
  );
  for (const [words, ids] of [
    [['bob'], ['m1']],
    [['alice'], ['m4']],
    [['--from', 'bob'], ['m4']],
    [
      ['--limit', '2'],
      ['m4', 'm1'],
    ],
    [['--grep', '^alice', '--id', 'm2'], ['m2']],
    [['--min-age', '1h'], []],
  ] as const) {
    const { code, stdout } = await there('alice', ['inspect-queue', ...words, '--mine', '--json']);
    assert.deepEqual([code, jsonLines(stdout).map(({ id }) => id)], [0, ids], words.join(' '));
  }
  const summary = await there('alice', ['inspect-queue', '--mine', '--summary', '--json']);
  assert.deepEqual(
    jsonLines(summary.stdout).map(({ user, count, online, seenAt, mailboxes }) => [
      user ?? mailboxes,
      count,
      online,
      seenAt,
    ]),
    [
      ['bob', 1, undefined, undefined],
      ['carol', 1, undefined, undefined],
      ['alice', 1, false, 0],
      [3, 3, undefined, undefined],
    ],
  );
  const check = await there('alice', ['inspect-queue', '--mine', '--check', '--crit-count', '3']);
  assert.deepEqual([check.code, check.stdout.slice(0, 14)], [2, 'QUEUE CRITICAL']);

  assert.equal((await server.im(['listen', '--as', 'alice', '--count', '1'])).stdout, 'bob: bob says hi\n');
  assert.deepEqual(shown((await there('bob', ['inspect-queue', 'alice', '--mine', '--json'])).stdout), []);
});

test('sender and recipient trace a message without being operators; others find nothing', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', 'carol', 'alice', '--keep']);
  await server.im(['send', 'bob', 'hi', '--as', 'alice', '--id', 'm1']);
  const there = await elsewhere(t, server, 'alice', 'bob', 'carol');
  const waiting = await there('alice', ['trace', 'm1']);
  assert.match(
    waiting.stdout,
    /^m1 from alice to bob: 2 bytes, undelivered\n.* stored +on disk; acknowledged to alice\n +now +waiting +for bob\. Pushes/,
    waiting.stderr,
  );
  assert.equal((await server.im(['listen', '--as', 'bob', '--exec', 'exit 1'])).code, EXIT_CODES.unexpected.code);
  await server.im(['listen', '--as', 'bob', '--count', '1']);
  const unnamed = await there('alice', ['trace', 'm1']);
  assert.equal(unnamed.code, EXIT_CODES.refused.code);
  assert.match(unnamed.stderr, /no trace of a message m1 that you sent or received\n.*\n.*--to USER/);
  const { stdout } = await there('alice', ['trace', 'm1', '--to', 'bob', '--json']);
  assert.deepEqual(
    jsonLines(stdout).map(({ event, at, to, from, id, ...more }) => [event, typeof at, to, from, id, more]),
    ['stored', 'pushed', 'pushed', 'acked'].map((event) => [event, 'number', 'bob', 'alice', 'm1', {}]),
  );
  const received = await there('bob', ['trace', 'm1']);
  assert.match(
    received.stdout,
    /^m1 from alice to bob: seq 1, .*delivered\n(?:.*\n)*.*not acked +on listen, in session/,
  );
  for (const words of [[], ['--to', 'bob'], ['--from', 'alice', '--to', 'bob'], ['--to', 'nobody']]) {
    const { code, stdout: found } = await there('carol', ['trace', 'm1', ...words]);
    assert.deepEqual([code, found], [EXIT_CODES.refused.code, ''], words.join(' '));
  }
});

test('--mine adds no user, and does not go together with what is for operators', async (t) => {
  const server = await serve(t);
  const unknown = await server.im(['inspect-queue', '--mine', '--as', 'nobody']);
  assert.deepEqual([unknown.code, unknown.stdout], [EXIT_CODES.refused.code, '']);
  assert.match(unknown.stderr, /there is no user nobody/);
  assert.doesNotMatch((await server.im(['user', 'list'])).stdout, /nobody/);
  for (const words of [['--audit'], ['--status', 'all']]) {
    const { code } = await server.im(['inspect-queue', '--mine', ...words]);
    assert.equal(code, EXIT_CODES.usage.code, words.join(' '));
  }
});
