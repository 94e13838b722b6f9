/** The first use of a user on the machine and account of the server: many at once, killed in between, before the first start. */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { WIRE } from '../../src/protocol/limits.js';
import { im, makeHome, start } from '../harness/process.js';
import { Pty } from '../tui/pty.js';
import { jsonLines, type Served, serve, serveIn } from './server.js';

const tokensIn = (env: Readonly<Record<string, string>>): string => join(env.HOME as string, '.config/im/tokens');

/** The names in all folders of kept tokens. */
const kept = async (env: Readonly<Record<string, string>>): Promise<string[]> =>
  (await readdir(tokensIn(env), { recursive: true })).filter((name) => !/^store-[^/]+$/.test(name)).sort();

test('first uses at the same moment all succeed: one adds the user, and nothing is left behind', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob']);
  const listening = server.im(['listen', '--as', 'fresh', '--count', '3', '--json']);
  const sends = Array.from({ length: 3 }, (_, index) =>
    server.im(['send', index === 0 ? 'bob' : 'fresh', 'x', '--as', 'fresh', '--quiet']),
  );
  const other = server.im(['send', 'bob', 'x', '--as', 'other', '--quiet']);
  const connected = server.im(['connect', 'third', '--plain', '--to', 'bob'], { input: 'hi\n' });
  // `fresh` is there after the first login of one of them, whichever that is.
  const ended = await Promise.all([...sends, other, connected]);
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
  await server.im(['send', 'fresh', 'last', '--as', 'other']);
  const { code, stdout, stderr } = await listening;
  assert.equal(code, 0, stderr);
  assert.equal(jsonLines(stdout).length, 3);
  const added = [...ended.slice(0, 3), { stderr }].filter((one) => one.stderr.includes('added fresh'));
  assert.equal(added.length, 1, 'it is said once');
  assert.deepEqual(await kept(server.env), ['fresh', 'other', 'third'].map(await inStore(server.env)));
});

/** Names as `kept` returns them, for the only server. */
async function inStore(env: Readonly<Record<string, string>>): Promise<(user: string) => string> {
  const [store] = await readdir(tokensIn(env));
  return (user) => `${store}/${user}`;
}

test('im user add --keep at the same moment as a first use: its token is the one that works', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob']);
  const [adding, ...sent] = await Promise.all([
    server.im(['user', 'add', 'fresh', '--keep']),
    ...[1, 2, 3].map(() => server.im(['send', 'bob', 'x', '--as', 'fresh', '--quiet'])),
  ]);
  assert.ok(adding !== undefined && [0, EXIT_CODES.refused.code].includes(adding.code ?? -1), adding?.stderr);
  for (const { code, stderr } of sent) assert.equal(code, 0, stderr);
});

test('killed while the user is added: the next use works', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', '--keep']);
  const [store = ''] = await readdir(tokensIn(server.env));
  const folder = join(tokensIn(server.env), store);
  for (let round = 0; round < 6; round++) {
    const user = `fresh${round}`;
    const words = ['send', 'bob', 'x', '--as', user, '--quiet'];
    const first = server.start(words);
    // The server has added the user, and the token is on its way.
    const watcher = watch(server.data, (_, name) => {
      if (name === 'users.json') first.child.kill('SIGKILL');
    });
    await first.finished;
    watcher.close();
    const second = await server.im(words);
    assert.equal(second.code, 0, second.stderr);
    assert.match(await readFile(join(folder, user), 'utf8'), /^im_\S+\n$/);
  }
});

test('a token kept before the first start of the server is found, on whatever port it then listens', async (t) => {
  for (const flags of [[], ['--data', 'elsewhere']]) {
    const env = await makeHome(t);
    const cwd = env.HOME as string;
    const data = flags.length > 0 ? ['--data', join(cwd, 'elsewhere')] : [];
    assert.equal((await im(t, ['user', 'add', 'bob', '--keep', ...data], { env })).code, 0);
    assert.equal((await im(t, ['user', 'rotate', 'bob', ...data], { env })).code, 0, 'the kept one is replaced');
    assert.equal((await im(t, ['user', 'add', 'alice', ...data], { env })).code, 0);
    const server = await serveIn(t, env, ...data);
    const sent = await server.im(['send', 'bob', 'hi', '--as', 'bob', ...data]);
    assert.deepEqual([sent.code, sent.stderr], [0, '']);
    assert.ok(!(await kept(env)).some((name) => name.endsWith('/alice')), 'alice was not kept');
    server.process.child.kill('SIGTERM');
    await server.process.finished;
    const again = await serveIn(t, env, ...data);
    assert.equal((await again.im(['send', 'bob', 'hi', '--as', 'bob', ...data])).code, 0, 'on another port');
    assert.equal((await again.im(['user', 'remove', 'bob', ...data])).code, 0);
    assert.deepEqual(await kept(env), []);
  }
});

test('im user add in a folder without a server, many at once: all users are added', async (t) => {
  const env = await makeHome(t);
  const names = ['a', 'b', 'c', 'd'];
  const added = await Promise.all(names.map((name) => im(t, ['user', 'add', name, '--keep'], { env })));
  for (const { code, stderr } of added) assert.equal(code, 0, stderr);
  const { stdout } = await im(t, ['user', 'list', '--json'], { env });
  assert.deepEqual(
    jsonLines(stdout).map(({ user }) => user),
    [...names, 'operator'],
  );
});

test('servers and im user add that start at the same moment: one server listens, and has all users', async (t) => {
  for (let round = 0; round < 2; round++) {
    const env = await makeHome(t);
    const names = ['a', 'b', 'c'];
    const servers = [0, 1].map(() => start(t, ['serve', '--port', '0', '--json', '--log-level', 'silent'], { env }));
    const adding = names.map((name) => im(t, ['user', 'add', name, '--keep'], { env }));
    const listening = servers.map(({ line }) =>
      line('listening').then(
        () => true,
        () => false,
      ),
    );
    for (const { code, stderr } of await Promise.all(adding)) assert.equal(code, 0, stderr);
    assert.deepEqual((await Promise.all(listening)).sort(), [false, true]);
    const lost = await Promise.race(servers.map(({ finished }) => finished));
    assert.equal(lost.code, EXIT_CODES['data-unusable'].code);
    assert.match(lost.stderr, /in use by process .*\n.*it listens on ws:/);
    for (const name of names) {
      const { code, stderr } = await im(t, ['send', 'a', 'x', '--as', name, '--quiet'], { env });
      assert.deepEqual([code, stderr], [0, ''], name);
    }
  }
});

test('a token that cannot be kept is printed nevertheless, and that it is not kept is a failure', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', '--keep']);
  const [store = ''] = await readdir(tokensIn(server.env));
  await mkdir(join(tokensIn(server.env), store, 'alice/in-the-way'), { recursive: true });
  const { code, stdout, stderr } = await server.im(['user', 'add', 'carol', 'dora', '--keep']);
  assert.deepEqual([code, stdout.split('\n').length, stderr.split('\n').length], [0, 3, 3]);
  const { code: failed, stdout: printed, stderr: why } = await server.im(['user', 'add', 'alice', 'erin', '--keep']);
  assert.equal(failed, EXIT_CODES['data-unusable'].code);
  assert.match(printed, /^im_\S+\nim_\S+\n$/);
  assert.match(why, /tokens cannot be used/);
  assert.match(why, /token of erin is kept/);
  assert.equal((await server.im(['send', 'bob', 'x', '--as', 'erin', '--quiet'])).code, 0);
});

/** The users of the server, besides the operator. */
const usersOf = async (server: Served): Promise<unknown[]> =>
  jsonLines((await server.im(['user', 'list', '--json'])).stdout)
    .map(({ user }) => user)
    .filter((user) => user !== 'operator');

test('a user is added only when there is something to do, and not for a typo', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'alice', 'bob', '--keep']);
  const use = async (words: readonly string[], input = '') => {
    const { code, stdout, stderr } = await server.im(words, { input });
    return { code, stdout, said: stderr };
  };
  const { usage, refused, done, 'credential-refused': noCredential } = EXIT_CODES;

  const empty = await use(['send', 'bob', '--as', 'carol']);
  assert.equal(empty.code, usage.code);
  assert.match(empty.said, /standard input is empty/);
  assert.deepEqual(await use(['send', 'bob', '--stdin', 'lines', '--as', 'carol']), {
    code: done.code,
    stdout: '',
    said: '',
  });
  const long = await use(['send', 'bob', 'x'.repeat(WIRE.maxBodyBytes + 1), '--as', 'carol']);
  assert.equal(long.code, refused.code);
  const bad = await use(['send', '--stdin', 'jsonl', '--as', 'carol'], '{"body":"no to"}\n');
  assert.deepEqual([bad.code, bad.said], [refused.code, 'im: line 1 has no "to"\n']);

  for (const words of [
    ['send', 'bob', 'hi', '--as', 'alcie'],
    ['listen', '--as', 'alcie'],
  ]) {
    const typo = await use(words);
    assert.equal(typo.code, noCredential.code, typo.said);
    assert.match(typo.said, /no user alcie; did you mean alice\?\n.*\n.*--as alice; .*im user add alcie --keep/);
  }
  assert.match((await use(['connect', 'alcie', '--plain'])).said, /if so: im connect alice;/);
  assert.deepEqual(await usersOf(server), ['alice', 'bob']);

  const unknown = await use(['send', 'bbo', 'hi', '--as', 'alice']);
  assert.equal(unknown.code, refused.code);
  assert.match(unknown.said, /there is no such user; im user add NAME adds one\n.*did you mean bob\?\n/);
  const elsewhere = await im(t, ['send', 'bbo', 'hi', '--as', 'alice', '--url', server.url], {
    env: {
      ...(await makeHome(t)),
      IM_TOKEN: (await readFile(join(tokensIn(server.env), (await kept(server.env))[0] ?? ''), 'utf8')).trim(),
    },
  });
  assert.equal(elsewhere.code, refused.code);
  assert.doesNotMatch(elsewhere.stderr, /bob/, 'users are not told the names of others');

  assert.equal((await use(['send', 'bob', '--as', 'carol'], 'hi')).code, done.code);
  assert.deepEqual(await usersOf(server), ['alice', 'bob', 'carol']);
});

test('on a terminal a name that looks like a typo is asked about, before the message', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'alice', 'bob', '--keep']);
  const meant = new Pty(t, ['send', 'bob', '--as', 'alcie'], { env: server.env });
  await meant.sees(/did you mean alice\?\n.*y: yes, alice; n: no, add alcie/);
  meant.type('y\n');
  await meant.sees(/type the message/);
  meant.type('hi\n\u0004');
  assert.equal((await meant.ended).exitCode, 0);
  assert.deepEqual(await usersOf(server), ['alice', 'bob']);
  const listed = await server.im(['inspect-queue', '--json']);
  assert.deepEqual(
    jsonLines(listed.stdout).map(({ from, body }) => [from, body]),
    [['alice', 'hi']],
  );

  const added = new Pty(t, ['connect', 'alcie', '--plain'], { env: server.env });
  await added.sees(/did you mean/);
  added.type('n\n');
  await added.sees(/online as alcie/);
  added.type('\u0004');
  await added.ended;
  assert.deepEqual(await usersOf(server), ['alcie', 'alice', 'bob']);
});
