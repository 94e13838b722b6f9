/** What all commands have in common, tested as processes with and without a terminal. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { spawn } from '@lydell/node-pty';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { fileScope, im, makeHome, PROGRAM, start } from '../harness/process.js';
import { readManifest } from '../manifest.js';
import { serve } from './server.js';

const { commands } = readManifest(join(import.meta.dirname, '../../..'));

/** Lines that exit with 0 in a home with a server, alice and bob, and what is made below. `$RUN` differs in each run. */
const LINES: Readonly<Record<string, string>> = {
  ask: 'im ask bob hi --as alice --id "$RUN"',
  backup: 'im backup "backup-$RUN"',
  bench: 'im bench --pairs 1 --offline 10',
  block: 'im block "$RUN" --as bob',
  blocked: 'im blocked carol --as alice',
  completion: 'im completion bash',
  'config get': 'im config get theme',
  'config list': 'im config list',
  'config path': 'im config path',
  'config set': 'im config set theme light',
  'config unset': 'im config unset theme',
  connect: 'im connect alice --plain < /dev/null',
  'database check': 'im database check',
  'database migrate': 'im database migrate',
  'database operator': 'im database operator',
  demo: 'im demo --once',
  devices: 'im devices bob',
  'devices remove':
    'im send bob hi --as alice --quiet && im listen --as bob --device "$RUN" --count 1 > token && im devices remove "$RUN" --of bob',
  doctor: 'im doctor --as alice',
  export: 'im export "exported-$RUN"',
  help: 'im help send',
  import: 'IM_DATABASE_URL="$(cat "empty-$RUN")" im import copy',
  history: 'im history bob --as alice',
  'inspect-queue': 'im inspect-queue',
  listen: 'im send bob hi --as alice --quiet && im listen --as bob --count 1',
  purge: 'im send bob hi --as alice --quiet && im purge bob --yes --export "purged-$RUN"',
  replay: 'im replay bob --dry-run',
  restore: 'im restore copy --data "to-$RUN"',
  send: 'im send bob hi --as alice',
  trace: 'im trace "$RUN"',
  unblock: 'im unblock "$RUN" --as bob',
  unsend:
    'im user add "$RUN" > token && im send "$RUN" hi --as alice --id "$RUN" --quiet && im unsend "$RUN" --to "$RUN" --as alice',
  'user add': 'im user add "$RUN"',
  'user allow': 'im user allow carol',
  'user list': 'im user list',
  'user remove': 'im user remove "$RUN"',
  'user rotate': 'im user rotate bob --keep',
  'user token add': 'im user token add bob "$RUN"',
  'user token list': 'im user token list bob',
  'user token revoke': 'im user token add bob "$RUN" > token && im user token revoke bob "$RUN"',
};

/** These lines print nothing on stdout. */
const SILENT = [
  'block',
  'config set',
  'config unset',
  'connect',
  'devices remove',
  'unblock',
  'unsend',
  'user remove',
  'user token revoke',
];

/** These lines print messages to bob that wait. */
const SHOWS_QUEUE = ['inspect-queue', 'replay'];

/** Only its output has the token, so it fails when nobody reads it: see user.test.ts. */
const PRINTS_SECRETS = ['database operator', 'user add', 'user token add'];

/** Runs until it is stopped: see serve.test.ts. */
const LONG_RUNNING = ['serve'];

const server = await serve(fileScope());
/** What `$RUN` is. */
const runsOf = (id: string): string[] => [1, 2, 3, 4].map((run) => `${id}-${run}`);
const users = ['block', 'unblock', 'user-remove'].flatMap(runsOf);
await server.im(['user', 'add', 'alice', 'bob', 'carol', ...users, '--keep']);
await server.im(['block', 'bob', '--as', 'carol']); // a name to list
await server.im(['user', 'allow', 'carol', '--from', 'alice']);
await server.im(['send', 'bob', 'hi', '--as', 'alice']);
await server.im(['connect', 'alice', '--plain'], { input: 'bob: hi\n' }); // a history
await server.im(['listen', '--as', 'bob', '--count', '1']); // a device to list
const sendLines = (from: string, lines: readonly object[]) =>
  server.im(['send', '--as', from, '--stdin', 'jsonl'], {
    input: lines.map((line) => JSON.stringify(line)).join('\n'),
  });
await sendLines(
  'bob',
  runsOf('ask').map((re) => ({ to: 'alice', body: 'yes', re })),
);
await sendLines(
  'alice',
  runsOf('trace').map((id) => ({ to: 'bob', body: 'hi', id })),
);
await server.im(['block', ...runsOf('unblock'), '--as', 'bob']);
await server.im(['backup', join(server.env.HOME as string, 'copy')]);
const postgres = await sharedPostgres();
after(() => postgres.close());
const onDatabase = { IM_DATABASE_URL: await postgres.newDatabase(), IM_SERVE_SINGLE_NODE: '1' };
for (const run of [1, 2, 3, 4])
  await writeFile(join(server.env.HOME as string, `empty-import-${run}`), await postgres.newDatabase());
await server.im(['database', 'migrate'], { env: onDatabase });
const env = { ...server.env, ...onDatabase, PATH: process.env.PATH ?? '', NODE: process.execPath, IM: PROGRAM };
const SHELL = 'cd "$HOME"; im() { "$NODE" "$IM" "$@"; }\n';

/** Runs a line of shell on a terminal; resolves with its output and exit code. */
function onTerminal(line: string, more: Readonly<Record<string, string>>): Promise<{ text: string; code: number }> {
  const terminal = spawn('sh', ['-c', SHELL + line], { env: { TERM: 'xterm-256color', ...env, ...more }, cols: 200 });
  let text = '';
  terminal.onData((data) => {
    text += data;
  });
  return new Promise((resolve) => terminal.onExit(({ exitCode: code }) => resolve({ text, code })));
}

const withoutTerminal = (t: TestContext, line: string, more: Readonly<Record<string, string>>) =>
  start(t, ['-c', SHELL + line], { program: 'sh', env: { ...env, ...more }, input: '' }).finished;

test('every command is tested here', () => {
  assert.deepEqual(commands.map(({ words }) => words).sort(), [...Object.keys(LINES), ...LONG_RUNNING].sort());
});

for (const { words, flags } of commands) {
  const line = LINES[words];
  const id = words.replaceAll(' ', '-');
  if (line === undefined) continue;

  test(`im ${words}: on a terminal NO_COLOR means no escape sequence`, async () => {
    const { text, code } = await onTerminal(line, { NO_COLOR: '1', RUN: `${id}-1` });
    assert.equal(code, 0, text);
    assert.doesNotMatch(text, /\u001b/);
  });

  if (flags.some(({ name }) => name === 'json')) {
    test(`im ${words}: with IM_JSON stdout is JSON Lines and nothing else, also on a terminal`, async () => {
      const { text, code } = await onTerminal(`{ ${line}; } > ${id}.json`, { IM_JSON: '1', RUN: `${id}-2` });
      assert.equal(code, 0, text);
      const lines = (await readFile(join(server.env.HOME as string, `${id}.json`), 'utf8')).split('\n');
      assert.equal(lines.pop(), '');
      for (const one of lines) assert.equal(typeof JSON.parse(one), 'object', one);
    });
  }

  test(`im ${words}: exits silently with 0 when the reader of its output is gone`, async (t) => {
    const closed = `{ ${line}; echo "code $?" >&2; } 2> ${id}.err | exec true; cat ${id}.err`;
    const { stdout } = await withoutTerminal(t, closed, { FORCE_COLOR: '3', RUN: `${id}-3` });
    assert.match(stdout, PRINTS_SECRETS.includes(words) ? /^code 1$/m : /^code 0$/m);
    assert.doesNotMatch(stdout, /EPIPE|\u001b/);
  });

  const skip = !existsSync('/dev/full');
  test(`im ${words}: fails, and names the disk, when the disk that its output is on is full`, { skip }, async (t) => {
    if (SHOWS_QUEUE.includes(words)) await server.im(['send', 'bob', 'hi', '--as', 'alice']); // something to print
    const { code, stderr } = await withoutTerminal(t, `${line} > /dev/full`, { RUN: `${id}-4` });
    if (SILENT.includes(words)) return assert.equal(code, 0, stderr);
    assert.equal(code, EXIT_CODES.unexpected.code);
    assert.match(stderr, /^ {4}ENOSPC: no space left on device/m);
    assert.doesNotMatch(stderr, /bug|Node\.js|^ +at /m);
  });

  test(`im ${words}: an unknown flag is wrong usage, with at most three lines on stderr`, async (t) => {
    const { code, stdout, stderr } = await withoutTerminal(t, `im ${words} --nonsense`, {});
    assert.deepEqual([code, stdout], [EXIT_CODES.usage.code, '']);
    assert.match(stderr, /^im: .*--nonsense/);
    assert.ok(stderr.trim().split('\n').length <= 3, stderr);
  });
}

test('a flag comes before the environment, the environment before the profile', async (t) => {
  const home = await makeHome(t);
  const config = join(home.HOME as string, '.config/im');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'profile.json'), '{"user":"by-profile","url":"ws://127.0.0.1:1"}');
  const asked = async (words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const { stdout } = await im(t, ['doctor', ...words], { env: { ...home, ...more } });
    return [/there is no token for (\S+) at (\S+) /.exec(stdout)?.slice(1), stdout] as const;
  };
  const environment = { IM_USER: 'by-environment', IM_URL: 'ws://127.0.0.1:2' };
  const flags = ['--as', 'by-flag', '--url', 'ws://127.0.0.1:3'];
  for (const [words, more, wanted] of [
    [[], {}, ['by-profile', 'ws://127.0.0.1:1']],
    [[], environment, ['by-environment', 'ws://127.0.0.1:2']],
    [flags, environment, ['by-flag', 'ws://127.0.0.1:3']],
  ] as const) {
    const [found, stdout] = await asked(words, more);
    assert.deepEqual(found, wanted, stdout);
  }
});

test('all folders made by commands are 0700, and all files 0600', async () => {
  const home = server.env.HOME as string;
  const exposed: string[] = [];
  for (const name of await readdir(home, { recursive: true })) {
    // Files written by these tests.
    if (/^[^/]*\.(json|err)$|^token$|^empty-import-\d$|^\.(local|config|cache)(\/(share|state))?$/.test(name)) continue;
    const found = await stat(join(home, name));
    // A lock in a private folder: whoever may enter that can tell whether its process is alive.
    if (!found.isSocket() && (found.mode & 0o077) !== 0) exposed.push(name);
  }
  assert.deepEqual(exposed, []);
});
