/**
 * A queue moves: it is exported from one server, put into another, and drained there; both ends are compared byte by byte.
 * `node build/test/soak/move-queue.js [--messages 100000] [--seed N]`. Ends with 1 if anything differs.
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
import { type Child, line, PROGRAM } from './crowd.js';

const TARGETS = Array.from({ length: 10 }, (_, index) => `bob${index}`);
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
  const at = (name: string) => ({
    PATH: process.env.PATH ?? '',
    HOME: join(home, name),
    IM_DATA: join(home, name, 'data'),
  });
  /** Runs `im` on the machine of one server; what it prints goes into a file. */
  const im = async (name: string, words: readonly string[], into = join(home, 'out')): Promise<string> => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { env: at(name), stdio: ['ignore', 'pipe', 'ignore'] });
    const closed = once(child, 'close');
    const file = createWriteStream(into);
    child.stdout.pipe(file);
    await once(file, 'finish');
    const [code] = (await closed) as [number];
    if (code !== 0) throw new Error(`im ${words.join(' ')} ended with ${code}`);
    return into;
  };
  const serve = async (name: string): Promise<void> => {
    const env = at(name);
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--json', '--port', '0'], { env, stdio: 'pipe' });
    child.stderr.resume();
    servers.push(child);
    await line(child, /listening/);
    await im(name, ['user', 'add', ...TARGETS, '--keep']);
  };
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = systemClock.monotonic();
    await work();
    return Math.round(systemClock.monotonic() - begun);
  };
  try {
    await serve('a');
    await serve('b');
    const made = join(home, 'made.jsonl');
    writeFileSync(made, `${messagesMade(messages, random).join('\n')}\n`);
    await im('a', ['replay', '--file', made]);
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
    if ((await hashOf(a)) !== (await hashOf(b))) differences.push('the queues of the servers differ');
    const drained = await timed(() =>
      Promise.all(
        TARGETS.map(async (user) => {
          const expected = await linesOf(a, ({ to, from, id, at, body }) =>
            to === user ? [from, id, at, body] : undefined,
          );
          const count = String(expected.length);
          const heard = await im('b', ['listen', '--as', user, '--json', '--count', count], join(home, user));
          const shown = await linesOf(heard, ({ from, id, at, body }) => [from, id, at, body]);
          if (shown.join('\n') !== expected.join('\n')) differences.push(`${user} was shown something else`);
        }),
      ),
    );
    await im('b', ['inspect-queue', '--json'], b);
    if ((await linesOf(b, () => [])).length > 0) differences.push('something is left');
    await im('a', ['inspect-queue', '--json'], again);
    if ((await hashOf(a)) !== (await hashOf(again))) differences.push('the queue that was exported has changed');
    return { messages, ms: { exported, moved, movedAgain, drained }, differences };
  } finally {
    for (const server of servers) {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

function messagesMade(count: number, random: () => number): string[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  return Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      to: pick(TARGETS),
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

/** One line of JSON for each line of the file that is meant. */
async function linesOf(path: string, of: (line: Line) => readonly unknown[] | undefined): Promise<string[]> {
  const found: string[] = [];
  for await (const text of createInterface({ input: createReadStream(path) })) {
    const meant = of(JSON.parse(text) as Line);
    if (meant) found.push(JSON.stringify(meant));
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
    `${messages} messages: exported in ${ms.exported} ms, moved in ${ms.moved} ms, again (all known) in ${ms.movedAgain} ms, drained in ${ms.drained} ms`,
  );
  console.log(differences.length === 0 ? 'both ends are the same, byte by byte' : differences.join('\n'));
  if (differences.length > 0) process.exitCode = 1;
}
