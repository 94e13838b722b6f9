/**
 * `npm run demo`: the main job, told as it happens. Three messages for somebody who is away survive kill -9 of the server and a
 * resend, and arrive exactly once, in order. Checks itself: ends with 0 only if all of it held, and leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, '../../bin/run.js');
const BODIES = ['hello bob', '你好，世界 👋', 'build 42 is green'] as const;

const home = await mkdtemp(join(tmpdir(), 'im-demo-'));
const data = join(home, 'server');
const env = { PATH: process.env.PATH ?? '', HOME: home, IM_DATA: data, NO_COLOR: '1' };
const children = new Set<ChildProcess>();

const say = (text: string): void => console.log(text);

/** Starts `im`; stderr is shown only when something goes wrong. */
function start(words: readonly string[]): ChildProcess & { said: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return Object.assign(child, { said: () => said });
}

/** Runs `im` to its end and returns its lines. */
async function im(words: readonly string[], shows: 'lines' | 'nothing' = 'lines'): Promise<string[]> {
  say(`$ im ${words.map((word) => (/[^\w@./:=-]/.test(word) ? `'${word}'` : word)).join(' ')}`);
  const child = start(words);
  const lines: string[] = [];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [code] = (await once(child, 'close')) as [number | null];
  if (shows === 'lines') for (const line of lines) say(`  ${line}`);
  assert.equal(code, 0, `im ${words[0]} ended with ${code}\n${child.said()}`);
  return lines;
}

async function serve(): Promise<ChildProcess> {
  const child = start(['serve', '--json', '--port', '0']);
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([first]) => first as string),
    once(child, 'exit').then(() => assert.fail(`im serve ended\n${child.said()}`)),
  ]);
  const { event, url } = JSON.parse(line) as { event: string; url: string };
  assert.equal(event, 'listening');
  say(`$ im serve &\n  listening on ${url}`);
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

async function tell(): Promise<void> {
  say('A server on a fresh folder, two users, and bob is not there.');
  let server = await serve();
  await im(['user', 'add', 'alice', 'bob', '--keep'], 'nothing'); // it prints their tokens

  say('\nAlice sends three messages. Each id is printed when the message is on disk.');
  const ids: string[] = [];
  for (const body of BODIES) ids.push(...(await im(['send', 'bob', body, '--as', 'alice'])));
  assert.equal(new Set(ids).size, BODIES.length);

  say('\nThe server dies: kill -9. It starts again.');
  await kill(server, 'SIGKILL');
  server = await serve();

  say('\nAlice is not sure about the second message, and sends it again with the same id.');
  const again = await im(['send', 'bob', BODIES[1], '--as', 'alice', '--id', ids[1] as string]);
  assert.deepEqual(again, [ids[1]]);

  say('\nBob logs in.');
  const received = await im(['listen', '--as', 'bob', '--count', '3', '--json']);
  const messages = received.map((line) => JSON.parse(line) as { id: string; from: string; body: string });
  assert.deepEqual(
    messages.map(({ id, from, body }) => ({ id, from, body })),
    ids.map((id, index) => ({ id, from: 'alice', body: BODIES[index] })),
    'exactly the three, in order',
  );

  say('\nNothing is left: each of them is known as delivered, and bob gets nothing more.');
  for (const [index, id] of ids.entries()) {
    await im([
      'send',
      'bob',
      BODIES[index] as string,
      '--as',
      'alice',
      '--id',
      id,
      '--wait',
      'delivered',
      '--timeout',
      '5s',
    ]);
  }
  await im(['send', 'bob', 'one more', '--as', 'alice']);
  const rest = await im(['listen', '--as', 'bob', '--count', '1', '--json']);
  assert.deepEqual(
    rest.map((line) => (JSON.parse(line) as { body: string }).body),
    ['one more'],
    'the next message that bob gets is the next one that was sent',
  );
  await kill(server, 'SIGTERM');
}

try {
  await tell();
  say('\nAll of it held: three sent, three received, in order, each exactly once, across kill -9 and a resend.');
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const child of children) await kill(child, 'SIGKILL');
  await rm(home, { recursive: true, force: true });
}
