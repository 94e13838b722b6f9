import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, PROGRAM, start } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'bob', 'carol', '--keep']);

test('it prints what was said beside a running client, without changing anything', async (t) => {
  const chat = server.start(['connect', 'alice', '--plain']);
  await chat.line('online', 'stderr');
  for (const body of ['one', 'two \u001b[31mred', 'three'])
    await server.im(['send', 'alice', body, '--as', 'bob', '--wait', 'delivered']);
  await server.im(['send', 'alice', 'from carol', '--as', 'carol', '--wait', 'delivered']);
  chat.child.stdin?.write('bob: mine\n');
  await chat.line('stored');
  await server.im(['send', 'nobody', 'x', '--as', 'alice']);

  const history = (...words: string[]) => server.im(['history', ...words, '--as', 'alice']);
  const before = await snapshot();
  const bob = await history('bob');
  assert.deepEqual([bob.code, bob.stderr], [0, '']);
  assert.match(
    bob.stdout,
    /^(\S+ \S+ )bob: one\n\S+ \S+ bob: two \^\[\[31mred\n\S+ \S+ bob: three\n\S+ \S+ you to bob \(stored\): mine\n$/,
  );
  assert.match((await history('--limit', '2')).stdout, /carol: from carol\n.* you to bob \(stored\): mine\n$/);
  assert.match((await history('--grep', '^t', '--since', '1h')).stdout, /^.*: two .*\n.*: three\n$/);
  assert.equal((await history('--until', '1h')).stdout, '');
  const json = jsonLines((await history('bob', '--json')).stdout);
  assert.deepEqual(
    json.map(({ body }) => body),
    ['one', 'two \u001b[31mred', 'three', 'mine'],
  );
  const colours = await server.im(['history', '--as', 'alice'], { env: { FORCE_COLOR: '1' } });
  assert.ok(!colours.stdout.includes('\u001b'));
  assert.deepEqual(await snapshot(), before);

  const none = await history('carolx');
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /alice has no conversation with carolx/);
  const other = await server.im(['history', '--as', 'bob']);
  assert.equal(other.code, EXIT_CODES.usage.code);
  assert.match(other.stderr, /there is no history of bob .*\n.*histories of alice\n/);
  assert.equal((await history('--grep', '(')).code, EXIT_CODES.usage.code);

  const env = { ...server.env, NODE: process.execPath, IM: PROGRAM };
  const script = `{ "$NODE" "$IM" history --as alice; echo "ended with $?" >&2; } | head -1`;
  const piped = await start(t, ['-c', script], { program: 'sh', env }).finished;
  assert.match(piped.stdout, /^.* bob: one\n$/);
  assert.equal(piped.stderr, 'ended with 0\n');

  chat.child.kill('SIGTERM');
  await chat.finished;
});

/** All files of the clients, with their contents. */
async function snapshot(): Promise<Record<string, string>> {
  const root = join(server.env.HOME ?? '', '.local/state/im');
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && entry.parentPath.includes('history'));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
  );
}
