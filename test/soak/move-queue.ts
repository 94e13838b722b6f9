/**
 * Moves a queue: exports it from one server, restores it on another and drains it there; both ends are compared byte by byte.
 * `node build/test/soak/move-queue.js [--messages 100000] [--seed N]`. Exits with 1 if anything differs.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import { type Child, nextLine, PROGRAM } from './crowd.js';

const RECIPIENTS = Array.from({ length: 10 }, (_, index) => `bob${index}`);
const BODIES = [
  '',
  'hi',
  '你好 👩‍👩‍👧',
  '\u0000\u001b[2J\r\n\t',
  '"\\\u2028',
  '__proto__',
  'x'.repeat(3_000),
  '{"to":"eve"}\n',
];

export interface Move {
  readonly messages: number;
  readonly ms: Readonly<Record<'exported' | 'moved' | 'movedAgain' | 'drained', number>>;
  readonly differences: readonly string[];
}

export async function moveQueue(messages: number, random: () => number): Promise<Move> {
  const home = mkdtempSync(join(tmpdir(), 'im-move-'));
  const servers: Child[] = [];
  const envOf = (name: string) => ({
    PATH: process.env.PATH ?? '',
    HOME: join(home, name),
    IM_DATA: join(home, name, 'data'),
  });
  /** Runs `im` in the environment of one server; its stdout goes to a file. Resolves with the path of that file. */
  const im = async (name: string, args: readonly string[], path = join(home, 'out')): Promise<string> => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: envOf(name),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(child, 'close');
    const file = createWriteStream(path);
    child.stdout.pipe(file);
    await once(file, 'finish');
    const [code] = (await closed) as [number];
    if (code !== 0) throw new Error(`im ${args.join(' ')} exited with ${code}`);
    return path;
  };
  const serve = async (name: string): Promise<void> => {
    const env = envOf(name);
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--json', '--port', '0'], { env, stdio: 'pipe' });
    child.stderr.resume();
    servers.push(child);
    await nextLine(child, /listening/);
    await im(name, ['user', 'add', ...RECIPIENTS, '--keep']);
  };
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = systemClock.monotonic();
    await work();
    return Math.round(systemClock.monotonic() - begun);
  };
  try {
    await serve('a');
    await serve('b');
    const input = join(home, 'input.jsonl');
    writeFileSync(input, `${makeMessages(messages, random).join('\n')}\n`);
    await im('a', ['replay', '--file', input]);
    const [a, b, again] = ['a.jsonl', 'b.jsonl', 'again.jsonl'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    const exported = await timed(() => im('a', ['inspect-queue', '--json'], a));
    const moved = await timed(() => im('b', ['replay', '--file', a]));
    const movedAgain = await timed(() => im('b', ['replay', '--file', a]));
    await im('b', ['inspect-queue', '--json'], b);
    const differences: string[] = [];
    if ((await hashOf(a)) !== (await hashOf(b))) differences.push('the queues of the two servers differ');
    const drained = await timed(() =>
      Promise.all(
        RECIPIENTS.map(async (user) => {
          const expected = await linesOf(a, ({ to, from, id, at, body }) =>
            to === user ? [from, id, at, body] : undefined,
          );
          const count = String(expected.length);
          const received = await im('b', ['listen', '--as', user, '--json', '--count', count], join(home, user));
          const shown = await linesOf(received, ({ from, id, at, body }) => [from, id, at, body]);
          if (shown.join('\n') !== expected.join('\n')) differences.push(`${user} received something else`);
        }),
      ),
    );
    await im('b', ['inspect-queue', '--json'], b);
    if ((await linesOf(b, () => [])).length > 0) differences.push('the queue is not empty after the drain');
    await im('a', ['inspect-queue', '--json'], again);
    if ((await hashOf(a)) !== (await hashOf(again))) differences.push('the exported queue has changed');
    return { messages, ms: { exported, moved, movedAgain, drained }, differences };
  } finally {
    for (const server of servers) {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

function makeMessages(count: number, random: () => number): string[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      to: pick(RECIPIENTS),
      from: pick(['alice', 'carol', 'dave', '0zoe']),
      id: `${number}-"\\'`,
      at: 1_600_000_000_000 + number * 7,
      body: `${pick(BODIES)}${number}`,
    }),
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}

interface Line {
  readonly to: string;
  readonly from: string;
  readonly id: string;
  readonly at: number;
  readonly body: string;
}

/** The selected fields of each line of the file, as JSON; lines for which `select` returns undefined are left out. */
async function linesOf(path: string, select: (line: Line) => readonly unknown[] | undefined): Promise<string[]> {
  const found: string[] = [];
  for await (const text of createInterface({ input: createReadStream(path) })) {
    const fields = select(JSON.parse(text) as Line);
    if (fields) found.push(JSON.stringify(fields));
  }
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { messages: { type: 'string', default: '100000' }, seed: { type: 'string' } },
  });
  const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const { messages, ms, differences } = await moveQueue(Number(values.messages), seededRandom(seed));
  console.log(
    `${messages} messages: exported in ${ms.exported} ms, moved in ${ms.moved} ms, again (all duplicates) in ${ms.movedAgain} ms, drained in ${ms.drained} ms`,
  );
  console.log(differences.length === 0 ? 'both ends are the same, byte by byte' : differences.join('\n'));
  if (differences.length > 0) process.exitCode = 1;
}
