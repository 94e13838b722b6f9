import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { chatDevice } from '../../src/cli/login/device.js';
import { im, makeHome, PROGRAM, start } from '../harness/process.js';
import { asOperator, jsonLines, serve } from './server.js';

const TOKEN = /^im_[A-Za-z0-9_-]{43}$/;

test('user add prints one token per line, or one JSON object per user', async (t) => {
  const { im: run } = await serve(t);
  const plain = await run(['user', 'add', 'alice', 'bob']);
  assert.equal(plain.code, 0);
  assert.equal(
    plain.stdout
      .trim()
      .split('\n')
      .filter((line) => TOKEN.test(line)).length,
    2,
  );
  const json = await run(['user', 'add', 'carol', '--json']);
  const { user, token } = JSON.parse(json.stdout) as { user: string; token: string };
  assert.equal(user, 'carol');
  assert.match(token, TOKEN);
});

test('adding and removing a user takes effect on a running server at once', async (t) => {
  const { im: run } = await serve(t);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'])).code, 6, 'there is no bob');
  await run(['user', 'add', 'bob']);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'])).code, 0);
  await run(['user', 'remove', 'bob']);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'])).code, 6);
});

test('without a server user add changes the data folder; user list creates nothing', async (t) => {
  const env = await makeHome(t);
  assert.deepEqual(await im(t, ['user', 'list'], { env }), { code: 0, signal: null, stdout: '', stderr: '' });
  assert.deepEqual(await readdir(env.HOME as string), [], 'nothing was created');
  assert.equal((await im(t, ['user', 'add', 'alice'], { env })).code, 0);
  const { stdout } = await im(t, ['user', 'list', '--json'], { env });
  const users = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { user: string; role: string });
  assert.deepEqual(
    users.map(({ user, role }) => [user, role]),
    [
      ['alice', 'user'],
      ['operator', 'operator'],
    ],
  );
});

test('existing and unknown users change nothing and exit with 6', async (t) => {
  const { im: run } = await serve(t);
  await run(['user', 'add', 'alice']);
  const twice = await run(['user', 'add', 'carol', 'dave', 'carol', '--json']);
  assert.deepEqual(
    jsonLines(twice.stdout).map(({ user }) => user),
    ['carol', 'dave'],
    'a name given twice is one user',
  );
  assert.equal((await run(['user', 'remove', 'carol', 'carol'])).stderr, 'im: removed carol\n');
  const exists = await run(['user', 'add', 'bob', 'alice']);
  assert.equal(exists.code, 6);
  assert.match(exists.stderr, /alice exists.*\n.*nothing was changed/);
  const unknown = await run(['user', 'remove', 'bob']);
  assert.equal(unknown.code, 6, 'bob was not added either');
  assert.equal((await run(['user', 'add', 'Bad Name'])).code, 2);
  assert.equal((await run(['user', 'token', 'add', 'alice', '../x'])).code, 2);
});

test('rotate invalidates the old token, and replaces a stored one', async (t) => {
  const { im: run } = await serve(t);
  await run(['user', 'add', 'bob']);
  const old = await run(['user', 'add', 'alice']);
  const given = { env: { IM_TOKEN: old.stdout.trim() } };
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'], given)).code, 0);
  await run(['user', 'rotate', 'alice', '--keep']);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'], given)).code, 4);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'])).code, 0, 'the stored token');
  await run(['user', 'rotate', 'alice']);
  assert.equal((await run(['send', 'bob', 'hi', '--as', 'alice'])).code, 0, 'the stored token was replaced');
});

test('on the machine and account of the server a new user is added at the first login, and the token is stored 0600', async (t) => {
  const { im: run, env } = await serve(t);
  await run(['user', 'add', 'bob']);
  const first = await run(['send', 'bob', 'hi', '--as', 'alice']);
  assert.equal(first.code, 0);
  assert.equal(first.stderr, 'im: added alice; the token is kept for you\n');
  const second = await run(['send', 'bob', 'hi', '--as', 'alice']);
  assert.deepEqual([second.code, second.stderr], [0, '']);
  const tokens = join(env.HOME as string, '.config/im/tokens');
  const [server] = await readdir(tokens);
  assert.equal((await stat(join(tokens, server as string, 'alice'))).mode & 0o777, 0o600);
});

test('the owner of the data folder gets a further token; from elsewhere there is none without an operator (R20)', async (t) => {
  const { im: run, url } = await serve(t);
  const theirs = (await run(['user', 'add', 'alice'])).stdout;
  const known = await run(['send', 'alice', 'hi', '--as', 'alice', '--quiet']);
  assert.deepEqual(
    [known.code, known.stderr],
    [0, `im: alice has a further token, ${chatDevice()}; it is kept for you\n`],
  );
  const again = await run(['send', 'alice', 'hi', '--as', 'alice', '--quiet']);
  assert.deepEqual([again.code, again.stderr], [0, '']);
  const given = { env: { IM_TOKEN: theirs.trim() } };
  assert.equal((await run(['send', 'alice', 'hi', '--as', 'alice'], given)).code, 0, 'the first one still works');
  for (const user of ['alice', 'mallory']) {
    const elsewhere = await im(t, ['send', 'alice', 'hi', '--as', user, '--url', url], { env: await makeHome(t) });
    assert.equal(elsewhere.code, 4);
    assert.match(elsewhere.stderr, /--token-file/);
  }
  const listed = await run(['user', 'token', 'list', 'alice', '--json']);
  assert.deepEqual(
    jsonLines(listed.stdout).map(({ name }) => name),
    ['main', chatDevice()],
  );
});

test('a machine is given a token, and it is taken away: its session ends, the others go on', async (t) => {
  const server = await serve(t);
  const { im: run, url } = server;
  await run(['user', 'add', 'alice', '--keep']);
  const laptop = await run(['user', 'token', 'add', 'alice', 'laptop', '--json']);
  const [made] = jsonLines(laptop.stdout);
  assert.deepEqual({ ...made, token: '' }, { user: 'alice', name: 'laptop', token: '' });
  const there = { env: { ...(await makeHome(t)), IM_TOKEN: made?.token as string } };
  const here = server.start(['connect', 'alice', '--plain']);
  await here.line('online as alice', 'stderr');
  const listening = start(t, ['listen', '--as', 'alice', '--url', url], there);
  await server.process.line('"device":"listen"', 'stderr');
  const revoked = await run(['user', 'token', 'revoke', 'alice', 'laptop']);
  assert.deepEqual([revoked.code, revoked.stderr], [0, 'im: revoked the token laptop of alice\n']);
  const ended = await listening.finished;
  assert.equal(ended.code, EXIT_CODES['credential-refused'].code);
  assert.match(ended.stderr, /logged out by the server\n.*no longer valid\n.*im user token add alice/);
  assert.equal((await im(t, ['send', 'alice', 'hi', '--as', 'alice', '--url', url], there)).code, 4);
  here.child.stdin.write('alice: still here\n');
  await here.line('stored 1 for alice');
  here.child.stdin.end();
  assert.equal((await here.finished).code, 0);
  assert.equal((await run(['send', 'alice', 'hi', '--as', 'alice', '--quiet'])).code, 0, 'the kept one is untouched');
});

test('im user token says the same with a server and without one', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'alice']);
  const said = async () => {
    const lines: string[] = [];
    for (const words of [
      'add alice laptop',
      'add alice laptop',
      'add alice --json',
      'list alice --json',
      'revoke alice phone',
      'revoke bob phone',
      'revoke alice laptop',
      'revoke alice token --json',
      'revoke operator main',
    ]) {
      const { code, stdout, stderr } = await server.im(['user', 'token', ...words.split(' ')]);
      lines.push(`im user token ${words}: ${code}\n${stdout}${stderr}`.replace(/im_[\w-]{43}/g, 'im_X'));
    }
    return lines.join('').replace(/\d{13}|\b\d+(ms|s)\b|(?<= ) +/g, '');
  };
  const served = await said();
  for (const part of [
    'add alice laptop: 0\nim_X\n',
    'add alice laptop: 6\nim: alice has a token laptop already\n    nothing was changed\n    im user token list alice',
    '{"user":"alice","name":"token","token":"im_X"}',
    'revoke bob phone: 6\nim: there is no user bob\n',
    'revoke alice phone: 6\nim: alice has no token phone\n',
    '{"user":"alice","name":"token","revoked":true}\n',
    'revoke operator main: 6\nim: the token main of operator is that in operator.token; im user rotate operator',
  ])
    assert.ok(served.includes(part.replace(/(?<= ) +/g, '')), `${part}\nin\n${served}`);
  server.process.child.kill('SIGTERM');
  await server.process.finished;
  assert.equal(await said(), served);
});

test('an operator on another machine can use --url and a token', async (t) => {
  const server = await serve(t);
  const env = await makeHome(t);
  const there = ['--url', server.url, ...asOperator(server)];
  assert.equal((await im(t, ['user', 'add', 'alice', ...there], { env })).code, 0);
  const { stdout: token } = await im(t, ['user', 'rotate', 'alice', ...there], { env });
  const refused = await im(t, ['user', 'list', '--url', server.url, '--as', 'alice', '--token-stdin'], {
    env,
    input: token,
  });
  assert.equal(refused.code, 4, 'alice is no operator');
});

test('a token file that others can read gives a warning', async (t) => {
  const server = await serve(t);
  const path = join(server.env.HOME as string, 'token');
  const { stdout } = await server.im(['user', 'add', 'alice']);
  await writeFile(path, stdout, { mode: 0o600 });
  const quiet = await server.im(['send', 'alice', 'hi', '--as', 'alice', '--token-file', path]);
  assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
  await chmod(path, 0o644);
  const loud = await server.im(['send', 'alice', 'hi', '--as', 'alice'], { env: { IM_TOKEN_FILE: path } });
  assert.equal(loud.code, 0);
  assert.match(loud.stderr, /others can read/);
});

for (const isRunning of [true, false]) {
  test(`a removed user's undelivered messages can be exported first, ${isRunning ? 'with' : 'without'} a server`, async (t) => {
    const server = await serve(t);
    await server.im(['user', 'add', 'alice', 'bob', 'carol', '--keep']);
    for (const [to, id] of [
      ['bob', 'm1'],
      ['carol', 'm2'],
      ['bob', 'm3'],
    ] as const) {
      assert.equal((await server.im(['send', to, `body of ${id}`, '--as', 'alice', '--id', id])).code, 0);
    }
    if (!isRunning) {
      server.process.child.kill('SIGTERM');
      await server.process.finished;
    }
    const file = join(server.env.HOME as string, 'bob.jsonl');
    const removed = await server.im(['user', 'remove', 'bob', '--export', file]);
    assert.deepEqual([removed.code, removed.stderr.includes('im: 2 messages exported to ')], [0, true], removed.stderr);
    assert.match(await readFile(file, 'utf8'), /^\{.*body of m1.*\}\n\{.*body of m3.*\}\n$/);
    assert.match(removed.stderr, /^im: removed bob, with 2 undelivered messages$/m);
    const again = await server.im(['user', 'remove', 'carol', '--export', file]);
    assert.equal(again.code, EXIT_CODES.usage.code);
    assert.match(again.stderr, /exists, and is not overwritten/);
    assert.match((await server.im(['user', 'list'])).stdout, /^carol /m, 'nothing was changed');
    await server.im(['user', 'add', 'bob']);
    const { stdout } = await server.im(['inspect-queue', '--status', 'all', '--json']);
    assert.match(stdout, /^\{.*"id":"m2".*\}\n$/, 'the new bob starts with an empty mailbox');
  });
}
test('a token that cannot be printed is lost: the command fails, and says how to get another', async (t) => {
  const { env } = await serve(t);
  const shell = (script: string) =>
    start(t, ['-c', `im() { "$NODE" "$IM" "$@"; }\n${script}`], {
      program: 'sh',
      env: { ...env, NODE: process.execPath, IM: PROGRAM },
      input: '',
    }).finished;
  const closed = await shell('im user add alice bob | exec true; im user list');
  assert.match(closed.stderr, /^im: tokens that could not be printed: alice bob\n {4}nobody reads/);
  assert.match(closed.stderr, /im user rotate alice bob$/m);
  assert.match(closed.stdout, /^alice/m);
  const kept = await shell('{ im user rotate bob --keep; echo "code $?" >&2; } | exec true');
  assert.equal(kept.stderr, 'im: the token of bob is kept for you\ncode 0\n');
  if (!existsSync('/dev/full')) return;
  for (const words of ['add carol', 'rotate alice', 'rotate alice --json', 'token add alice laptop']) {
    const full = await shell(`im user ${words} > /dev/full`);
    assert.equal(full.code, 1);
    assert.match(
      full.stderr,
      /could not be printed.*\n.*no space left on device.*\n.*im user (rotate|token revoke alice laptop)/,
    );
  }
});
