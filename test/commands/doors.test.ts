/** How values come in, the same at every door: the command line, the environment, standard input, profile.json and paths. */
import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, im, makeHome, PROGRAM, start } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
const home = server.env.HOME as string;
const tokens = await server.im(['user', 'add', 'alice', '--keep']);
const token = tokens.stdout.trim();
let users = 0;

/** A user who is nobody else's. */
async function addUser(): Promise<string> {
  const name = `to${++users}`;
  await server.im(['user', 'add', name]);
  return name;
}

const bodies = async (user: string): Promise<unknown[]> =>
  jsonLines((await server.im(['inspect-queue', user, '--json'])).stdout).map(({ body }) => body);

/** Runs a line of shell in the server's home, with `im` as a command. */
const shell = (line: string, env: Readonly<Record<string, string>> = {}) =>
  start({ after: () => undefined }, ['-c', `cd "$HOME"; im() { "$NODE" "$IM" "$@"; }; ${line}`], {
    program: 'sh',
    env: { ...server.env, NODE: process.execPath, IM: PROGRAM, ...env },
    input: '',
  }).finished;

test('a line end behind a variable is no part of its value', async (t) => {
  const elsewhere = await makeHome(t);
  for (const end of ['\n', '\r\n', '\r']) {
    const to = await addUser();
    const env = {
      ...elsewhere,
      IM_TOKEN: token + end,
      IM_USER: `alice${end}`,
      IM_URL: server.url + end,
      IM_TIMEOUT: `20s${end}`,
      IM_JSON: `1${end}`,
      IM_SEND_TO: to + end,
      IM_SEND_ID: `id-1${end}`,
      IM_SEND_WAIT: `stored${end}`,
    };
    const { code, stdout, stderr } = await im(t, ['send', 'hi'], { env });
    assert.deepEqual([code, stderr], [0, ''], JSON.stringify(end));
    assert.deepEqual(JSON.parse(stdout), { id: 'id-1', to, state: 'stored' });
    const { IM_URL, ...local } = env;
    const queue = await im(t, ['inspect-queue', to], { env: { ...local, IM_DATA: server.data + end } });
    assert.equal(jsonLines(queue.stdout).length, 1, queue.stderr);
  }
});

test('a variable for a repeatable flag has one value', async () => {
  const to = await addUser();
  assert.equal((await server.im(['send', 'hi', '--as', 'alice'], { env: { IM_SEND_TO: to } })).code, 0);
  const of = (name: string) => server.im(['inspect-queue', to, '--json'], { env: { IM_QUEUE_FROM: name } });
  assert.equal(jsonLines((await of('alice')).stdout).length, 1);
  assert.equal((await of('alicea')).stdout, '', 'not a part of a name');
});

test('an argument or a variable that is not UTF-8 is wrong usage, and nothing is sent', async () => {
  const to = await addUser();
  const latin1 = '"$(printf "caf\\351")"';
  for (const line of [
    `im send ${to} ${latin1} --as alice`,
    `im send ${to} --as alice --exec ${latin1}`,
    `im send ${to} hi --as alice --id ${latin1}`,
    `IM_DATA=${latin1} im send ${to} hi --as alice`,
    `im inspect-queue --data ${latin1}`,
    `XDG_CONFIG_HOME="$HOME/${latin1}" im send ${to} hi --as alice`,
  ]) {
    const { code, stdout, stderr } = await shell(line);
    assert.deepEqual([code, stdout], [EXIT_CODES.usage.code, ''], line);
    assert.match(stderr, /is not UTF-8\n.*\n.*iconv/, line);
  }
  assert.deepEqual(await bodies(to), []);
  const sent = await shell(`im send ${to} "$(printf 'caf\\303\\251 \\357\\277\\275')" --as alice --quiet`);
  assert.deepEqual([sent.code, sent.stderr], [0, ''], 'U+FFFD itself');
  assert.deepEqual(await bodies(to), ['café \ufffd']);
});

test('a lone - is standard input, and after -- it is the message', async () => {
  const to = await addUser();
  const send = (words: readonly string[], input: string) =>
    server.im(['send', '--as', 'alice', '--quiet', ...words], { input });
  assert.equal((await send([to, '-'], 'report\n')).code, 0);
  assert.equal((await send(['--to', to, '-'], 'report 2\n')).code, 0);
  assert.equal((await send([to, '-', '--stdin', 'lines'], 'a\nb\n')).code, 0);
  assert.equal((await send([to, '--', '-'], 'ignored')).code, 0);
  assert.deepEqual(await bodies(to), ['report', 'report 2', 'a', 'b', '-']);
  assert.equal((await send([to, '-'], '')).code, EXIT_CODES.usage.code, 'standard input is empty');
});

test('--token-file - reads the token from standard input, as --token-stdin does', async (t) => {
  const to = await addUser();
  const env = await makeHome(t);
  const words = ['send', to, '--as', 'alice', '--url', server.url, '--quiet'];
  const input = `${token}\r\nthe rest\n`;
  assert.equal((await im(t, [...words, '--token-file', '-'], { env, input })).code, 0);
  assert.equal((await im(t, words, { env: { ...env, IM_TOKEN_FILE: '-' }, input })).code, 0);
  assert.deepEqual(await bodies(to), ['the rest', 'the rest']);
  const both = await im(t, [...words, '--token-file', '-', '--exec', 'cat'], { env, input });
  assert.equal(both.code, EXIT_CODES.usage.code);
});

test('where - cannot work it is wrong usage, and nothing is made or deleted', async (t) => {
  const env = await makeHome(t);
  const to = await addUser();
  await server.im(['send', to, 'hi', '--as', 'alice']);
  for (const [words, what] of [
    [['serve', '--data', '-'], /--data: - is not a folder/],
    [['serve', '--tls-cert', '-', '--tls-key', 'key'], /--tls-cert: - is not possible here: name a file/],
    [['purge', to, '--yes', '--export', '-', '--data', server.data], /--export: - is not possible: .* name a file/],
  ] as const) {
    const { code, stdout, stderr } = await im(t, words, { env });
    assert.deepEqual([code, stdout], [EXIT_CODES.usage.code, ''], stderr);
    assert.match(stderr, what);
  }
  assert.deepEqual(await readdir(env.HOME as string), []);
  assert.deepEqual(await bodies(to), ['hi']);
});

test('~/ is the home folder wherever a path comes in without a shell', async (t) => {
  const env = await makeHome(t);
  const own = env.HOME as string;
  const cwd = join(own, 'cwd');
  await mkdir(cwd);
  const run = (line: string, more: Readonly<Record<string, string>> = {}) =>
    im(t, ['-c', `cd "$HOME/cwd"; "$NODE" "$IM" ${line}`], {
      program: 'sh',
      env: { ...env, NODE: process.execPath, IM: PROGRAM, ...more },
    });
  for (const [line, more, made] of [
    ["user add alice --data '~/flag'", {}, 'flag/users.json'],
    ['user add alice --data=~/equals', {}, 'equals/users.json'],
    ['user add alice', { IM_DATA: '~/variable' }, 'variable/users.json'],
    ['user add alice --keep', { XDG_DATA_HOME: '~/share', XDG_CONFIG_HOME: '~/config' }, 'share/im/users.json'],
  ] as const) {
    const { code, stderr } = await run(line, more);
    assert.equal(code, 0, stderr);
    await access(join(own, made));
  }
  await access(join(own, 'config/im/tokens'));
  await writeFile(join(own, 'config/im/profile.json'), '{"data":"~/profile"}');
  assert.equal((await run('user add alice', { XDG_CONFIG_HOME: '~/config' })).code, 0);
  await access(join(own, 'profile/users.json'));
  assert.deepEqual(await readdir(cwd), [], 'there is no folder named ~');
});

test('~/ in the names of files: token, export and import', async () => {
  const to = await addUser();
  await writeFile(join(home, 'alice.token'), token, { mode: 0o600 });
  const send = ['send', to, 'hi', '--as', 'alice', '--quiet', '--url', server.url];
  assert.equal((await server.im([...send, '--token-file', '~/alice.token'])).code, 0);
  const purged = await server.im(['purge', to, '--yes', '--export', '~/out.jsonl']);
  assert.equal(purged.code, 0, purged.stderr);
  assert.match(await readFile(join(home, 'out.jsonl'), 'utf8'), /"body":"hi"/);
  assert.match((await server.im(['replay', '--file', '~/out.jsonl', '--dry-run'])).stderr, /1 message;/);
  assert.equal((await server.im([...send, '--token-file', '~/alice.token'])).code, 0);
  assert.equal((await server.im(['user', 'remove', to, '--export', '~/removed.jsonl'])).code, 0);
  await access(join(home, 'removed.jsonl'));
  assert.equal((await server.im(['backup', '~/backup'])).code, 0);
  assert.equal((await server.im(['restore', '~/backup', '--data', '~/restored'])).code, 0);
  await access(join(home, 'restored/users.json'));
});

test('the home of somebody else, and an empty path, are wrong usage', async (t) => {
  const env = await makeHome(t);
  for (const [words, more, what] of [
    [['user', 'add', 'x', '--data', '~other/x'], {}, /--data: the path is ~other\/x, and only ~\/ is known/],
    [['user', 'add', 'x', '--data', ''], {}, /--data: the path is empty/],
    [['user', 'add', 'x'], { IM_DATA: '~other/x' }, /only ~\/ is known/],
    [['user', 'add', 'x'], { XDG_DATA_HOME: '~other' }, /XDG_DATA_HOME is ~other, and only/],
    [['send', 'bob', 'hi', '--token-file', '~other/t'], {}, /--token-file: the path is ~other\/t/],
    [['replay', '--file', '~other/f'], {}, /--file: the path is ~other\/f/],
    [['backup', '~other/f'], {}, /the path is ~other\/f/],
    [['restore', '-'], {}, /- is not a folder/],
    [['backup', '-'], {}, /- is not a folder/],
    [['user', 'remove', 'x', '--export', '-'], {}, /--export: - is not possible/],
    [['user', 'add', 'x'], { HOME: '' }, /no home folder/],
  ] as const) {
    const { code, stderr } = await im(t, words, { env: { ...env, ...more } });
    assert.equal(code, EXIT_CODES.usage.code, stderr);
    assert.match(stderr, what);
  }
  assert.deepEqual(await readdir(env.HOME as string), []);
});
