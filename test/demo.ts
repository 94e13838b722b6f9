/**
 * `npm run demo`: three messages to a user who is offline survive kill -9 of the server and a resend, and arrive exactly once, in
 * order. Exits with 0 only if every check passed, and removes its files.
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

const print = (text: string): void => console.log(text);

/** Starts `im`. Its stderr is collected, and printed only when something goes wrong. */
function start(args: readonly string[]): ChildProcess & { readStderr: () => string } {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return Object.assign(child, { readStderr: () => stderr });
}

/** Runs `im` to its end. Resolves with the lines of its stdout, and prints them unless `isSilent`. */
async function im(args: readonly string[], isSilent = false): Promise<string[]> {
  print(`$ im ${args.map((arg) => (/[^\w@./:=-]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`);
  const child = start(args);
  const lines: string[] = [];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [code] = (await once(child, 'close')) as [number | null];
  if (!isSilent) for (const line of lines) print(`  ${line}`);
  assert.equal(code, 0, `im ${args[0]} exited with ${code}\n${child.readStderr()}`);
  return lines;
}

async function serve(): Promise<ChildProcess> {
  const child = start(['serve', '--json', '--port', '0']);
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([first]) => first as string),
    once(child, 'exit').then(() => assert.fail(`im serve exited\n${child.readStderr()}`)),
  ]);
  const { event, url } = JSON.parse(line) as { event: string; url: string };
  assert.equal(event, 'listening');
  print(`$ im serve &\n  listening on ${url}`);
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function demo(): Promise<void> {
  print('A server with an empty data folder and two users. Bob is offline.');
  let server = await serve();
  await im(['user', 'add', 'alice', 'bob', '--keep'], true); // its output is the tokens

  print('\nAlice sends three messages. im send prints an id when the message is on disk.');
  const ids: string[] = [];
  for (const body of BODIES) ids.push(...(await im(['send', 'bob', body, '--as', 'alice'])));
  assert.equal(new Set(ids).size, BODIES.length);

  print('\nThe server is killed (kill -9) and restarted.');
  await kill(server, 'SIGKILL');
  server = await serve();

  print('\nAlice sends the second message again, with the same id.');
  const again = await im(['send', 'bob', BODIES[1], '--as', 'alice', '--id', ids[1] as string]);
  assert.deepEqual(again, [ids[1]]);

  print('\nBob logs in.');
  const received = await im(['listen', '--as', 'bob', '--count', '3', '--json']);
  const messages = received.map((line) => JSON.parse(line) as { id: string; from: string; body: string });
  assert.deepEqual(
    messages.map(({ id, from, body }) => ({ id, from, body })),
    ids.map((id, index) => ({ id, from: 'alice', body: BODIES[index] })),
    'exactly the three messages, in order',
  );

  print('\nAll three are delivered, and bob does not get them again.');
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
    'the next message that bob gets is the new one',
  );
  await kill(server, 'SIGTERM');
}

try {
  await demo();
  print(
    '\nEvery check passed: three messages sent and received, in order, each exactly once, despite kill -9 and a resend.',
  );
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const child of children) await kill(child, 'SIGKILL');
  await rm(home, { recursive: true, force: true });
}
