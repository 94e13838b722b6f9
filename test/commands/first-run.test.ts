/** The first use of `im`, with nothing prepared: every command says the next step. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { NEXT_STEP } from '../../src/cli/errors/failure.js';
import { im, makeHome } from '../harness/process.js';

const NO_STORE = /^im: no server has run here yet: there is no store in \S+\/\.local\/share\/im\n/;

/** Command line → its exit, and its first line. */
const LINES = {
  'inspect-queue': ['data-unusable', NO_STORE],
  'trace some-id': ['data-unusable', NO_STORE],
  'replay bob': ['not-stored', /^im: no server runs on \S+\n/],
  'purge bob --yes': ['data-unusable', NO_STORE],
  'backup copy': ['data-unusable', NO_STORE],
} as const;

test('in an empty home, without a server: one next step, and nothing is made', async (t) => {
  const env = await makeHome(t);
  for (const [line, [exit, first]] of Object.entries(LINES)) {
    const { code, stdout, stderr } = await im(t, line.split(' '), { env: { ...env, IM_USER: 'alice' } });
    assert.deepEqual([code, stdout], [EXIT_CODES[exit].code, ''], line);
    assert.match(stderr, first, line);
    assert.equal(stderr.trim().split('\n').at(-1)?.trim(), NEXT_STEP, line);
  }
  assert.deepEqual(await readdir(env.HOME as string), []);
});

test('where the last server of this account listened, none answers: one next step', async (t) => {
  const env = await makeHome(t);
  const data = join(env.HOME as string, '.local/share/im');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'address'), 'ws://127.0.0.1:1\n'); // another server may use the default port of this machine
  for (const line of ['connect alice --to bob', 'send bob hi --as alice', 'listen --as bob']) {
    const { code, stdout, stderr } = await im(t, line.split(' '), { env });
    const what = `im: no server is reachable at ws://127.0.0.1:1\n    ${NEXT_STEP}\n`;
    assert.deepEqual([code, stdout, stderr], [EXIT_CODES['not-stored'].code, '', what], line);
  }
});

test('where a folder or a URL is given, the next step is about that', async (t) => {
  const env = await makeHome(t);
  const ran = async (line: string) => (await im(t, line.split(' '), { env })).stderr;
  assert.match(await ran('inspect-queue --data ./typo'), /there is no store in .*\/typo\n.*--data DIR/);
  assert.match(await ran('replay bob --data ./typo'), /there is no store in .*\/typo\n.*--data DIR/);
  assert.match(
    await ran('send bob hi --as alice --url ws://127.0.0.1:1'),
    /reachable at ws:\/\/127\.0\.0\.1:1\n.*im serve/,
  );
});

test('im alone ends with how to begin', async (t) => {
  const { code, stdout } = await im(t, [], { env: await makeHome(t) });
  assert.equal(code, 0);
  assert.match(stdout, /\n\nNew here\? im demo [^\n]*\n$/);
});
