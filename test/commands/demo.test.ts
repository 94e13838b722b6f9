/** `im demo` as a process: its story, what it leaves to play with, and that nothing is left of it, however it ends. */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { im, makeHome, start } from '../harness/process.js';
import { Pty } from '../tui/pty.js';

/** An empty home, with a folder of its own for temporary files. */
async function makePlace(t: TestContext) {
  const home = await makeHome(t);
  const temporary = join(home.HOME as string, 'tmp');
  await mkdir(temporary);
  return { temporary, home: home.HOME as string, env: { ...home, TMPDIR: temporary } };
}

type Place = Awaited<ReturnType<typeof makePlace>>;

/** Resolves when nothing is left in the temporary folder, and nothing listens at the URL. */
async function untilGone({ temporary }: Place, url: string): Promise<void> {
  const watching = watch(temporary);
  try {
    while ((await readdir(temporary)).length > 0) await new Promise((resolve) => watching.once('change', resolve));
  } finally {
    watching.close();
  }
  while (await accepts(new URL(url)));
}

const accepts = ({ hostname, port }: URL): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

const urlIn = (text: string): string => /ws:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? assert.fail(text);

test('the story: every check passes, and nothing is left in the home or in the temporary folder', async (t) => {
  const place = await makePlace(t);
  const { code, stdout, stderr } = await im(t, ['demo'], { env: { ...place.env, IM_URL: 'ws://127.0.0.1:1' } });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ {2}\$ kill -9 \d+$/m);
  assert.match(stdout, /alice: hello bob\n.* alice: 你好，世界 👋\n.* alice: build 42 is green\n\n/);
  assert.match(stdout, /^Every check passed/m);
  assert.match(stdout, /^ {2}im serve /m, 'what to type next');
  assert.doesNotMatch(stdout, /im_[\w-]{20}/, 'no token is printed');
  await untilGone(place, urlIn(stdout));
  assert.deepEqual(await readdir(place.home), ['tmp']);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} in the middle of the story: no process and no folder is left`, async (t) => {
    const place = await makePlace(t);
    const demo = start(t, ['demo', '--once'], place);
    const line = await demo.line('listening on');
    await demo.line('--as alice');
    demo.child.kill(signal);
    const { code } = await demo.finished;
    const wanted = { SIGINT: EXIT_CODES.interrupted.code, SIGTERM: EXIT_CODES.terminated.code, SIGKILL: null };
    assert.equal(code, wanted[signal]);
    await untilGone(place, urlIn(line));
  });
}

test('without a place for its folder, and --chat without a terminal: it says what to do', async (t) => {
  const env = { ...(await makeHome(t)), TMPDIR: '/nowhere/at/all' };
  const homeless = await im(t, ['demo'], { env });
  assert.equal(homeless.code, EXIT_CODES.unexpected.code);
  assert.match(homeless.stderr, /^im: the demo has no temporary folder\n.*\/nowhere\/at\/all.*\n.*TMPDIR=DIR\n$/);
  const chat = await im(t, ['demo', '--chat'], { env });
  assert.equal(chat.code, EXIT_CODES.usage.code);
  assert.match(chat.stderr, /^im: im demo --chat needs a terminal\n/);
});

test('on a terminal it stays: its commands work elsewhere, and a killed server is started again', async (t) => {
  const place = await makePlace(t);
  const terminal = new Pty(t, ['demo'], { ...place, columns: 200, rows: 60 });
  await terminal.sees('Ctrl+C here ends the demo');
  const text = terminal.emulator.text();
  const [, script = ''] = /sh (\S+) connect alice --to bob/.exec(text) ?? [];
  const elsewhere = { ...(await makeHome(t)), IM_URL: 'ws://127.0.0.1:1', IM_CONNECT_PLAIN: '1', XDG_DATA_HOME: '/x' };
  const run = (...words: string[]) =>
    start(t, [script, ...words], { program: 'sh', env: elsewhere, input: '' }).finished;
  const alice = start(t, [script, 'connect', 'alice', '--to', 'bob'], { program: 'sh', env: elsewhere });
  await alice.line('online as alice', 'stderr');
  const [pid] = text.match(/(?<=kill -9 )\d+(?=\s*\n.*inspect-queue)/) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  await terminal.sees('was started again');
  assert.equal((await run('send', 'alice', 'hello', '--as', 'bob')).code, 0);
  await alice.line('bob: hello');
  terminal.type('\x03');
  assert.equal((await terminal.ended).exitCode, 0);
  await untilGone(place, urlIn(text));
});

test('--chat: the bot shows delivered, goes away, and messages stay stored; a closed terminal ends all of it', async (t) => {
  const place = await makePlace(t);
  const terminal = new Pty(t, ['demo', '--chat'], { ...place, columns: 100, rows: 50 });
  await terminal.sees('Hello! I am a bot.');
  const server = `ws://${/127\.0\.0\.1:\d+/.exec(terminal.emulator.text())?.[0]}`;
  terminal.type('hello\r');
  await terminal.sees(/hello +✓✓ delivered/);
  await terminal.sees('Now I go offline');
  // It is offline only when its message is delivered; before, it acks what comes.
  await terminal.sees((text) => {
    if (/knock +✓ stored/.test(text)) return true;
    if (!text.includes('knock') || /knock +✓✓/.test(text)) terminal.type('knock\r');
    return false;
  });
  terminal.hangUp();
  await terminal.ended;
  await untilGone(place, server);
});
