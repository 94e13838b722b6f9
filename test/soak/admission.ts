/**
 * What strangers and floods can do to others: attacks one after the other on a real server, each by a process of its own and for at
 * most 15 s, while a pair of users exchanges messages and the attacked user logs in.
 * `node build/test/soak/admission.js [ATTACK …]`, such as `silent storm guess loris refusals unread pings fragments descriptors`.
 *
 * In the storm 5,000 users log in at once, and one after the other: that one is to be fast, for the process with the 5,000 is slow itself.
 * For each attack: the time from a message's being sent until it is pushed to its recipient, the time of a login from its frame to
 * `welcome`, CPU and memory of the server. Exits with 1 if something is above its bound. Linux only; loopback only.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { systemClock } from '../../src/io/clock.js';
import type { Transport } from '../../src/io/transport.js';
import { dialWs } from '../../src/io/ws-client.js';
import { type Finished, im, makeHome, PROGRAM, type Scope, start } from '../harness/process.js';
import { closeCodeOf, connectRaw, frame, upgradeRequest } from '../io/raw-socket.js';
import { ATTACKER, type Attack, type Done } from './attacker.js';
import { pause, scoped } from './scoped.js';

const STORM = 5_000;
const STORM_ADDRESSES = 100;

interface Plan {
  readonly count: number;
  readonly seconds: number;
  /** Files that the server may have open. */
  readonly openFiles?: number;
  readonly isStorm?: boolean;
  readonly bounds: Bounds;
}

/** p99 of the pair as a multiple of that without an attack; logins in ms; CPU in cores; memory in MB above that at rest. */
interface Bounds {
  readonly p99?: number;
  readonly login?: number;
  readonly cpu?: number;
  readonly memory: number;
}

const PLANS: Readonly<Record<string, Plan>> = {
  silent: { count: 2_000, seconds: 10, bounds: { login: 1_000, memory: 200 } },
  storm: { count: 2_000, seconds: 15, isStorm: true, bounds: { login: 1_000, memory: 400 } },
  guess: { count: 10_000, seconds: 15, bounds: { login: 1_000, cpu: 0.5, memory: 100 } },
  loris: { count: 2_000, seconds: 15, bounds: { login: 1_000, memory: 200 } },
  refusals: { count: 1, seconds: 18, bounds: { p99: 3, memory: 150 } },
  unread: { count: 20, seconds: 8, bounds: { login: 1_000, memory: 250 } },
  pings: { count: 5, seconds: 8, bounds: { login: 1_000, memory: 150 } },
  fragments: { count: 5, seconds: 8, bounds: { login: 1_000, memory: 150 } },
  descriptors: { count: 600, seconds: 8, openFiles: 400, bounds: { login: 1_000, memory: 150 } },
};

interface Pair {
  /** Times of the messages since the last call, ms, sorted. */
  take(): number[];
  close(): void;
}

/** Says whether all bounds hold. */
async function besiege(what: string, plan: Plan): Promise<boolean> {
  return scoped(async (scope) => {
    const env = await makeHome(scope);
    const limit = plan.openFiles === undefined ? [] : [`--nofile=${plan.openFiles}`];
    const args = [...limit, process.execPath, PROGRAM, 'serve', '--json', '--port', '0'];
    const running = start(scope, args, { env, program: 'prlimit' });
    const { url } = JSON.parse(await running.line('listening')) as { url: string };
    const users = ['alice', 'bob', 'mallory', ...(plan.isStorm ? range(STORM).map((index) => `u${index}`) : [])];
    const tokens = await addUsers(users, (words) => im(scope, words, { env }));
    return report(scope, { what, plan, url, pid: running.child.pid as number, tokens });
  });
}

interface Siege {
  readonly what: string;
  readonly plan: Plan;
  readonly url: string;
  readonly pid: number;
  readonly tokens: ReadonlyMap<string, string>;
}

async function report(scope: Scope, { what, plan, url, pid, tokens }: Siege): Promise<boolean> {
  const { bounds } = plan;
  const tokenOf = (user: string): string => tokens.get(user) as string;
  const pair = await openPair(url, tokenOf);
  scope.after(async () => pair.close());
  await pause(1_500);
  const restMemory = memoryOf(pid);

  const user = what === 'guess' ? 'alice' : 'mallory';
  const attack: Attack = {
    ...plan,
    what: what === 'storm' ? 'silent' : (what as Attack['what']),
    url,
    user,
    token: tokenOf(user),
  };
  const attacker = spawnAttack(attack);
  const attacking = doneBy(attacker);
  await pause(2_000);
  const probing = plan.isStorm
    ? doneBy(spawnAttack({ ...attack, what: 'probe', user: 'alice', token: tokenOf('alice') }))
    : undefined;
  const cpuBefore = cpuOf(pid);
  const began = systemClock.monotonic();
  const { quiet, attacked } = bounds.p99 === undefined ? { quiet: [], attacked: [] } : await alternate(attacker, pair);
  const logins = plan.isStorm
    ? await Promise.all(range(STORM).map((index) => login(url, `u${index}`, tokenOf(`u${index}`), stormAddress(index))))
    : await everySecond(bounds.p99 === undefined ? plan.seconds - 4 : 1, () =>
        login(url, 'alice', tokenOf('alice'), '127.0.0.1'),
      );
  const stormMs = systemClock.monotonic() - began;
  const memory = memoryOf(pid) - restMemory;
  const cpu = (cpuOf(pid) - cpuBefore) / ((systemClock.monotonic() - began) / 1_000);
  const done = await attacking;
  const probe = await probing;
  const failed = logins.filter((one) => typeof one === 'string');
  const loginTimes = logins.filter((one) => typeof one === 'number').sort((a, b) => a - b);
  const slowest = loginTimes.at(-1) ?? Number.POSITIVE_INFINITY;
  const isTooSlow = (probe?.slowestMs ?? slowest) > (bounds.login ?? Number.POSITIVE_INFINITY);
  const [quietP99, attackedP99] = [percentile(quiet, 0.99), percentile(attacked, 0.99)];
  const wrong = [
    bounds.p99 !== undefined && attackedP99 / quietP99 > bounds.p99 && 'p99',
    bounds.login !== undefined && (failed.length > 0 || (probe?.failed ?? 0) > 0 || isTooSlow) && 'login',
    cpu > (bounds.cpu ?? Number.POSITIVE_INFINITY) && 'cpu',
    memory > bounds.memory && 'memory',
  ].filter((word) => word !== false);
  const parts = [
    JSON.stringify(done),
    bounds.p99 !== undefined &&
      `pair: p50 ${percentile(quiet, 0.5).toFixed(1)} → ${percentile(attacked, 0.5).toFixed(1)} ms, p99 ${quietP99.toFixed(1)} → ${attackedP99.toFixed(1)} ms`,
    `${logins.length} logins, ${failed.length} failed ${[...new Set(failed)].join(', ')}, p50 ${percentile(loginTimes, 0.5).toFixed(0)} ms, p99 ${percentile(loginTimes, 0.99).toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms`,
    probe && `one after the other meanwhile: ${JSON.stringify(probe)}`,
    plan.isStorm && `all within ${stormMs.toFixed(0)} ms`,
    `CPU ${cpu.toFixed(2)}`,
    `memory +${memory.toFixed(0)} MB`,
    wrong.length > 0 && `WRONG: ${wrong.join(', ')}`,
  ];
  console.log(`${what}: ${parts.filter((part) => typeof part === 'string').join('; ')}`);
  return wrong.length === 0;
}

/** Times of the pair without and with the attack, which stops and goes on again and again: so other load on the machine counts for both. */
async function alternate(attacker: ChildProcess, pair: Pair) {
  const quiet: number[] = [];
  const attacked: number[] = [];
  for (let index = 0; index < 5; index++) {
    for (const [signal, times] of [
      ['SIGSTOP', quiet],
      ['SIGCONT', attacked],
    ] as const) {
      attacker.kill(signal);
      await pause(300);
      pair.take();
      await pause(1_000);
      times.push(...pair.take());
    }
  }
  const sort = (times: number[]) => times.sort((a, b) => a - b);
  return { quiet: sort(quiet), attacked: sort(attacked) };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const stormAddress = (index: number): string => `127.0.2.${1 + (index % STORM_ADDRESSES)}`;
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.POSITIVE_INFINITY;

async function addUsers(users: readonly string[], run: (words: readonly string[]) => Promise<Finished>) {
  const tokens = new Map<string, string>();
  for (let from = 0; from < users.length; from += 1_000) {
    const { stdout, stderr } = await run(['user', 'add', ...users.slice(from, from + 1_000), '--json']);
    if (stdout === '') throw new Error(stderr);
    for (const line of stdout.trim().split('\n')) {
      const { user, token } = JSON.parse(line) as { user: string; token: string };
      tokens.set(user, token);
    }
  }
  return tokens;
}

/** Alice sends a message to bob every 10 ms, who acks it. */
async function openPair(url: string, tokenOf: (user: string) => string): Promise<Pair> {
  let times: number[] = [];
  const connect = (user: string, received: (text: string, transport: Transport) => void): Promise<Transport> =>
    new Promise((resolve, reject) => {
      const transport = dialWs(url, {
        opened: () => transport.send(JSON.stringify({ type: 'login', v: 1, user, token: tokenOf(user) })),
        received: (text = '') => {
          if (text.includes('"welcome"')) resolve(transport);
          received(text, transport);
        },
        closed: (code, reason) => reject(new Error(`${user}: ${code} ${reason}`)),
      });
    });
  const sender = await connect('alice', () => {});
  const receiver = await connect('bob', (text, transport) => {
    const now = systemClock.monotonic();
    let last = 0;
    for (const item of [JSON.parse(text)].flat() as { type: string; seq: number; body: string }[]) {
      if (item.type !== 'message') continue;
      times.push(now - Number(item.body));
      last = item.seq;
    }
    if (last > 0) transport.send(JSON.stringify({ type: 'ack', seq: last }));
  });
  let count = 0;
  const timer = systemClock.every(10, () => {
    const body = String(systemClock.monotonic());
    sender.send(JSON.stringify({ type: 'message', id: `p${count++}`, to: 'bob', body }));
  });
  return {
    take() {
      const taken = times;
      times = [];
      return taken.sort((a, b) => a - b);
    },
    close() {
      timer.cancel();
      sender.cut();
      receiver.cut();
    },
  };
}

/** The time from the login frame to `welcome`, ms; or why it failed. Mode `send`: the pair stays. */
async function login(url: string, user: string, token: string, from: string): Promise<number | string> {
  try {
    const { socket, until, everything } = await connectRaw(url, from);
    socket.write(upgradeRequest());
    await Promise.race([until('\r\n\r\n'), everything]);
    const began = systemClock.monotonic();
    socket.write(frame(JSON.stringify({ type: 'login', v: 1, user, token, mode: 'send' })));
    const isIn = await Promise.race([until('"welcome"').then(() => true), everything.then(() => false)]);
    const ms = systemClock.monotonic() - began;
    socket.destroy();
    return isIn ? ms : `closed with ${closeCodeOf(await everything)}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

async function everySecond<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index++) {
    const [result] = await Promise.all([run(), pause(1_000)]);
    results.push(result);
  }
  return results;
}

const spawnAttack = (attack: Attack): ChildProcessByStdio<null, Readable, null> =>
  spawn(process.execPath, [ATTACKER, JSON.stringify(attack)], { stdio: ['ignore', 'pipe', 'inherit'] });

/** What an attacker has done, when it has ended. */
const doneBy = async ({ stdout }: { readonly stdout: Readable }): Promise<Done> =>
  JSON.parse((await stdout.setEncoding('utf8').toArray()).join('')) as Done;

/** User and system time, in seconds. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MB of memory that the process uses now. */
const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PLANS);
for (const name of names) {
  const plan = PLANS[name];
  if (plan === undefined) throw new Error(`no attack ${name}; there are ${Object.keys(PLANS).join(', ')}`);
  if (!(await besiege(name, plan))) process.exitCode = 1;
}
