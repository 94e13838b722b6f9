/** `im inspect-queue` as people run it: with and without a server, with a damaged mailbox, in pipes. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, type Scope, start } from '../harness/process.js';
import { Pty } from '../tui/pty.js';
import { asOperator, jsonLines, type Served, serve } from './server.js';

/** A server with three messages for bob and one for carol, who are away. */
async function withQueue(scope: Scope): Promise<Served> {
  const server = await serve(scope);
  await server.im(['user', 'add', 'bob', 'carol', '--keep']);
  for (const [to, body, id] of [
    ['bob', 'one', 'b1'],
    ['bob', 'two\u001b[2J', 'b2'],
    ['bob', '', 'b3'],
    ['carol', '你好', 'c1'],
  ] as const) {
    const from = id === 'b2' ? 'dave' : 'alice';
    assert.equal((await server.im(['send', to, body, '--as', from, '--id', id])).code, 0);
  }
  return server;
}

const server = await withQueue(fileScope());

interface Line {
  readonly to: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly at: number;
  readonly attempts: number;
  readonly body?: string;
}

async function list(...words: readonly string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await server.im(['inspect-queue', '--json', ...words]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

const ids = async (...words: readonly string[]) => (await list(...words)).map(({ id }) => id);

/** Every byte and every time of change below a folder. */
async function everythingIn(folder: string): Promise<unknown[]> {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const { mtimeMs, size, mode } = await stat(path);
      const content = (await stat(path)).isFile() ? await readFile(path, 'latin1') : '';
      return [name, mtimeMs, size, mode, content];
    }),
  );
}

test('it lists undelivered messages of a running server, and changes nothing (R19)', async () => {
  const before = await everythingIn(server.data);
  const { code, stdout, stderr } = await server.im(['inspect-queue']);
  assert.deepEqual([code, stderr], [0, '']);
  const [heading, ...rows] = stdout.split('\n').slice(0, -1);
  assert.match(heading ?? '', /^TO +SEQ +ID +FROM +STORED +AGE +TRIES +LAST +SIZE +BODY$/);
  assert.equal(rows.length, 4);
  assert.match(rows[1] ?? '', /^bob +2 +b2 +dave .* two\^\[\[2J$/);
  assert.deepEqual(await everythingIn(server.data), before);
});

test('arguments and filters select messages', async () => {
  assert.deepEqual(await ids(), ['b1', 'b2', 'b3', 'c1']);
  assert.deepEqual(await ids('carol'), ['c1']);
  assert.deepEqual(await ids('--from', 'dave', '--from', 'erin'), ['b2']);
  assert.deepEqual(await ids('--id', 'b3', '--id', 'c1'), ['b3', 'c1']);
  assert.deepEqual(await ids('--grep', '^(one|你)'), ['b1', 'c1']);
  assert.deepEqual(await ids('--since', '1h', '--limit', '2'), ['b1', 'b2']);
  assert.deepEqual(await ids('--min-age', '1h'), []);
  assert.deepEqual(await ids('--until', '2020-01-01'), []);
  assert.deepEqual(await ids('--status', 'delivered'), []);
  assert.ok((await list('--no-body')).every((line) => line.body === undefined));
  const [first] = await list('bob');
  assert.deepEqual(
    { ...first, at: 0 },
    { to: 'bob', seq: 1, id: 'b1', from: 'alice', at: 0, status: 'undelivered', attempts: 0, bytes: 3, body: 'one' },
  );
});

test('a wrong filter is wrong usage', async () => {
  for (const words of [['--grep', '('], ['--since', 'yesterday'], ['--status', 'lost'], ['--limit', '0'], ['Bad']]) {
    assert.equal((await server.im(['inspect-queue', ...words])).code, EXIT_CODES.usage.code, words.join(' '));
  }
});

test('an ordinary user who asks a server elsewhere is told to log in as an operator; the token stays valid', async (t) => {
  const { url, im: onServer } = await serve(t);
  const elsewhere = await makeHome(t);
  const tokenFile = join(elsewhere.HOME ?? '', 'token');
  await writeFile(tokenFile, (await onServer(['user', 'add', 'alice'])).stdout, { mode: 0o600 });
  const asAlice = ['--url', url, '--as', 'alice', '--token-file', tokenFile];
  const { code, stdout, stderr } = await im(t, ['inspect-queue', ...asAlice], { env: elsewhere });
  assert.deepEqual([code, stdout], [EXIT_CODES['credential-refused'].code, '']);
  assert.match(stderr, /^im: alice is not an operator\n.*\n.*--as OPERATOR --token-file FILE\n$/);
  const sent = await im(t, ['send', 'alice', 'the token is still valid', ...asAlice], { env: elsewhere });
  assert.equal(sent.code, 0, sent.stderr);
});

test('attempts are the sessions in which a message was pushed and not acked', async (t) => {
  const away = await withQueue(t);
  for (const attempt of [1, 2]) {
    // A state folder of its own: it hands over nothing before the server has pushed it.
    const env = { XDG_STATE_HOME: join(away.env.HOME as string, `state${attempt}`) };
    const { code } = await away.im(['listen', '--as', 'bob', '--exec', 'exit 1'], { env });
    assert.equal(code, EXIT_CODES.unexpected.code);
    const { stdout } = await away.im(['inspect-queue', 'bob', '--json']);
    const lines = stdout.split('\n').slice(0, -1);
    for (const line of lines) assert.equal((JSON.parse(line) as Line).attempts, attempt);
    assert.match(line(stdout), /"triedAt":\d+/);
  }
  const { stdout } = await away.im(['inspect-queue', '--summary']);
  assert.match(stdout, /^bob +3 .* 2 +\ds$/m);

  // A second device: the folder and the server tell the same.
  assert.equal((await away.im(['listen', '--as', 'bob', '--device', 'desktop', '--count', '1'])).code, 0);
  const json = ['inspect-queue', 'bob', '--summary', '--json'];
  const folder = jsonLines((await away.im(json)).stdout)[0];
  const remote = { env: await makeHome(t) };
  const asked = await im(t, [...json, '--url', away.url, ...asOperator(away)], remote);
  assert.deepEqual(jsonLines(asked.stdout)[0], folder);
  const devices = (folder?.devices ?? []) as { device: string; behind: number; online: boolean }[];
  assert.deepEqual(
    devices.map(({ device, behind, online }) => [device, behind, online]),
    [
      ['desktop', 2, false],
      ['listen', 3, false],
    ],
  );
  const both = (await away.im(['inspect-queue', '--summary'])).stdout;
  assert.match(both, /^bob +2 .* \ds {2}desktop \ds, listen \ds \(3 behind\)$/m);
});

const line = (stdout: string): string => stdout.split('\n')[0] ?? '';

test('--summary, and --check with its four exit codes', async () => {
  const { stdout } = await server.im(['inspect-queue', '--summary']);
  assert.match(stdout, /^USER +COUNT .*\nbob +3 .*\ncarol +1 .*\ntotal +4 .*\n$/);
  const check = async (...words: readonly string[]) => {
    const { code, stdout } = await server.im(['inspect-queue', '--check', ...words]);
    assert.equal(stdout.split('\n').length, 2, 'one line');
    return [code, stdout.split(' ')[1]];
  };
  assert.deepEqual(await check(), [0, 'OK']);
  assert.deepEqual(await check('--warn-count', '4'), [1, 'WARNING']);
  assert.deepEqual(await check('--crit-count', '4'), [2, 'CRITICAL']);
  assert.deepEqual(await check('bob', '--crit-count', '4'), [0, 'OK']);
  assert.deepEqual(await check('--data', `${server.data}/nothing`), [3, 'UNKNOWN']);
});

test('without a server and with a damaged mailbox: the others are shown, and it ends with 8', async (t) => {
  const stopped = await withQueue(t);
  stopped.process.child.kill('SIGTERM');
  await stopped.process.finished;
  const path = join(stopped.data, 'mailboxes/bob.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('one', 'two'));
  const before = await everythingIn(stopped.data);
  const { code, stdout, stderr } = await stopped.im(['inspect-queue', '--json']);
  assert.equal(code, EXIT_CODES['data-unusable'].code);
  assert.match(stdout, /^\{"to":"carol".*\}\n$/);
  assert.match(stderr, /the mailbox of bob cannot be read: .*bob\.json is damaged/);
  const check = await stopped.im(['inspect-queue', '--check']);
  assert.deepEqual([check.code, line(check.stdout)], [3, 'QUEUE UNKNOWN - 1 mailbox cannot be read']);
  assert.deepEqual(await everythingIn(stopped.data), before);
});

test('| head -1 ends quietly with 0', async (t) => {
  const script = '{ "$NODE" "$IM" inspect-queue; echo "ended with $?" >&2; } | head -1';
  const env = { ...server.env, NODE: process.execPath, IM: PROGRAM };
  const { stdout, stderr } = await im(t, ['-c', script], { program: 'sh', env });
  assert.match(stdout, /^TO +SEQ .*\n$/);
  assert.equal(stderr, 'ended with 0\n');
});

test('--watch prints changes until SIGINT ends it with 130, or stdout is closed', async (t) => {
  const busy = await withQueue(t);
  const watching = busy.start(['inspect-queue', '--watch', '--interval', '100ms']);
  const numbers = busy.start(['inspect-queue', '--watch', '--interval', '100ms', '--summary', '--json', 'bob']);
  await watching.line(/^new +carol +1 +c1/);
  await numbers.line('"change":"new"');
  await busy.im(['listen', '--as', 'carol', '--count', '1']);
  await watching.line(/^gone +carol +1 +c1/);
  await busy.im(['send', 'bob', 'four', '--as', 'alice', '--id', 'b4']);
  await watching.line(/^new +bob +4 +b4 .* four$/);
  const { change, user, count } = JSON.parse(await numbers.line('"changed"')) as Record<string, unknown>;
  assert.deepEqual([change, user, count], ['changed', 'bob', 4]);
  for (const running of [watching, numbers]) {
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, EXIT_CODES.interrupted.code);
  }
  assert.equal((await busy.im(['inspect-queue', '--watch', '--check'])).code, EXIT_CODES.usage.code);

  const script = '{ "$NODE" "$IM" inspect-queue --watch --interval 100ms; echo "ended with $?" >&2; } | head -1';
  const env = { ...busy.env, NODE: process.execPath, IM: PROGRAM };
  const piped = start(t, ['-c', script], { program: 'sh', env });
  await piped.line(/^CHANGE +TO/);
  if (process.platform !== 'linux') await busy.im(['send', 'bob', 'five', '--as', 'alice']); // it ends at the next line
  assert.equal((await piped.finished).stderr, 'ended with 0\n');
});

test('--watch redraws a terminal; with NO_COLOR it writes no escape sequences', async (t) => {
  const busy = await withQueue(t);
  const words = ['inspect-queue', '--watch', '--interval', '100ms'];
  const seen = new Pty(t, words, { env: busy.env, columns: 100 });
  const plain = new Pty(t, words, { env: { ...busy.env, NO_COLOR: '1' }, columns: 200 });
  await seen.sees(/every 100ms: 4 messages, .*\nTO +SEQ/);
  await plain.sees(/new +carol/);
  await busy.im(['listen', '--as', 'bob', '--count', '3']);
  await seen.sees(/every 100ms: 1 message, .*\nTO .*\ncarol .*\n\n/);
  await plain.sees(/gone +bob +3/);
  for (const pty of [seen, plain]) {
    pty.type('\u0003');
    assert.equal((await pty.ended).exitCode, EXIT_CODES.interrupted.code);
  }
  assert.ok(!plain.raw.includes('\u001b'));
});
