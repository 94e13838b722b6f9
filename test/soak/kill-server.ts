/**
 * kill -9 of the real server at random moments, under load, with clients in processes of their own (R14, R15, R16).
 * `node build/test/soak/kill-server.js [--kills 100] [--rate 1500] [--seed N]`. Prints what it saw; ends with 1 if anything was lost,
 * received twice or out of order, or if a start took 2 s or more.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import type { Task } from './worker.js';

const PAIRS = 4;
const PROGRAM = join(import.meta.dirname, '../../../bin/run.js');
const WORKER = join(import.meta.dirname, 'worker.js');

export interface KillReport {
  readonly kills: number;
  readonly stored: number;
  readonly received: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** ms from starting the process to its first line, of each start after a kill. */
  readonly startsMs: readonly number[];
  readonly perSecond: number;
}

type Child = ChildProcessWithoutNullStreams;

/** The first line of stdout from now on that matches. */
function line(child: Child, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => {
      if (/^(ended|failed)/.test(text)) reject(new Error(text));
      if (!wanted.test(text)) return;
      lines.close();
      resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before ${wanted}`)));
  });
}

export async function killServer(kills: number, rate: number, random: () => number): Promise<KillReport> {
  const home = mkdtempSync(join(tmpdir(), 'im-kill-'));
  const env = { PATH: process.env.PATH ?? '', HOME: home, IM_DATA: join(home, 'data') };
  const children = new Set<Child>();
  const start = (words: readonly string[]): Child => {
    const child = spawn(process.execPath, words, { env, stdio: 'pipe' });
    child.stderr.resume();
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  const serve = async (port: string): Promise<{ child: Child; url: string }> => {
    const child = start([PROGRAM, 'serve', '--json', '--port', port]);
    const { url } = JSON.parse(await line(child, /listening/)) as { url: string };
    return { child, url };
  };

  try {
    let { child: server, url } = await serve('0');
    const port = new URL(url).port;
    const users = Array.from({ length: PAIRS }, (_, index) => [`s${index}`, `r${index}`]).flat();
    const tokens = await addUsers(start, users);
    const work = (role: Task['role'], index: number): Task => {
      const user = `${role === 'sender' ? 's' : 'r'}${index}`;
      return {
        role,
        url,
        user,
        token: tokens.get(user) as string,
        stateFolder: join(home, user),
        log: join(home, `${user}.log`),
        to: `r${index}`,
        perSecond: rate / PAIRS,
      };
    };
    const indices = Array.from({ length: PAIRS }, (_, index) => index);
    const receivers = indices.map((index) => start([WORKER, JSON.stringify(work('receiver', index))]));
    const senders = indices.map((index) => start([WORKER, JSON.stringify(work('sender', index))]));
    const begun = systemClock.monotonic();

    const startsMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await new Promise<void>((resolve) => systemClock.after(100 + random() * 600, resolve));
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
      const from = systemClock.monotonic();
      ({ child: server, url } = await serve(port));
      startsMs.push(systemClock.monotonic() - from);
    }
    const elapsedMs = systemClock.monotonic() - begun;

    const counts = await Promise.all(
      senders.map(async (sender) => {
        const done = line(sender, /^complete/);
        sender.stdin.write('stop\n');
        return Number((await done).split(' ')[1]);
      }),
    );
    await Promise.all(
      receivers.map(async (receiver, index) => {
        const done = line(receiver, /^complete/);
        receiver.stdin.write(`await ${counts[index]}\n`);
        await done;
      }),
    );
    const stored = counts.reduce((sum, count) => sum + count, 0);
    return { kills, startsMs, perSecond: (stored / elapsedMs) * 1000, ...compare(home, indices) };
  } finally {
    for (const child of children) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

async function addUsers(
  start: (words: readonly string[]) => Child,
  users: readonly string[],
): Promise<Map<string, string>> {
  const adding = start([PROGRAM, 'user', 'add', ...users, '--json']);
  const text = (await adding.stdout.setEncoding('utf8').toArray()).join('');
  const issued = text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one) as { user: string; token: string });
  return new Map(issued.map(({ user, token }) => [user, token]));
}

/** Holds what the receivers were shown against what the senders were told. */
function compare(home: string, indices: readonly number[]): Omit<KillReport, 'kills' | 'startsMs' | 'perSecond'> {
  let stored = 0;
  let received = 0;
  let lost = 0;
  let twice = 0;
  let outOfOrder = 0;
  for (const index of indices) {
    const ids = readLines(join(home, `s${index}.log`));
    const shown = readLines(join(home, `r${index}.log`)).map((one) => one.split(' ')[0] as string);
    const distinct = new Set(shown);
    const numbers = [...distinct].map((id) => Number(id.split('-')[1]));
    stored += ids.length;
    received += shown.length;
    lost += ids.filter((id) => !distinct.has(id)).length;
    twice += shown.length - distinct.size;
    outOfOrder += numbers.filter((number, at) => at > 0 && number <= (numbers[at - 1] as number)).length;
  }
  return { stored, received, lost, twice, outOfOrder };
}

const readLines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      rate: { type: 'string', default: '1500' },
      seed: { type: 'string' },
    },
  });
  const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const report = await killServer(Number(values.kills), Number(values.rate), seededRandom(seed));
  const starts = report.startsMs.toSorted((a, b) => a - b).map((ms) => Math.round(ms));
  const slowest = starts.at(-1) ?? 0;
  console.log(
    `${report.kills} kills at ${Math.round(report.perSecond)} messages/s: ${report.stored} acknowledged, ${report.received} received, ` +
      `${report.lost} lost, ${report.twice} twice, ${report.outOfOrder} out of order; ` +
      `ready again in ${starts[Math.floor(starts.length / 2)]} ms (median), ${slowest} ms (slowest)`,
  );
  if (report.lost + report.twice + report.outOfOrder > 0 || slowest >= 2_000) process.exitCode = 1;
}
