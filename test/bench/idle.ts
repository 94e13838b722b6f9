/** Sessions that are logged in and idle: what one costs in memory, what their heartbeats cost, and a storm of logins. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { openFilesLimit } from '../../src/cli/serve/open-files.js';
import { systemClock } from '../../src/io/clock.js';
import { WIRE } from '../../src/protocol/limits.js';
import { attach, type Memory } from './inspector.js';
import { LOAD_CORE, processCpuSeconds, spawnOnCore } from './process.js';
import { startIm } from './server-im.js';
import type { Credential, Held, IdleWork, Welcomed } from './work.js';

/** Held by one load process, and from one source address. */
const SESSIONS_PER_PROCESS = 5_000;
/** Logins that are under way at a time, in all processes: so many strangers the server allows. */
const AT_ONCE = 320;
const MAX_STRANGERS = 400;
/** Log in and leave before the measurement, so that compiled code and the first pages of the heap are not counted. */
const WARM_UP = 500;
const SETTLE_MS = 3_000;
/** Two heartbeats of each session, and a little more. */
const IDLE_MS = WIRE.heartbeatMs * 2;
/** Files of the server that are no sessions. */
const SPARE_FILES = 1_000;

export interface IdleFigures {
  readonly sessions: number;
  /** Bytes per session, after a garbage collection: memory in use by the process, and the parts of it that V8 knows. */
  readonly perSession: Memory;
  readonly serverMiB: number;
  /** From the first connection to the last `welcome`. */
  readonly stormSeconds: number;
  /** User + system time of the server, µs. */
  readonly loginMicros: number;
  /** Fraction of a core while the sessions are idle, and the same for each heartbeat, µs. */
  readonly idleBusy: number;
  readonly heartbeatMicros: number;
}

/**
 * @param profileFolder gets a heap snapshot, and CPU profiles of the logins and of the time when all are idle.
 * @throws Error when this machine does not allow that many open files.
 */
export async function measureIdle(
  parent: string,
  sessions: number,
  profileFolder: string | undefined,
): Promise<IdleFigures> {
  const limit = openFilesLimit();
  if (sessions + SPARE_FILES > limit)
    throw new Error(
      `the server may have ${limit} open files, and each session is one: raise ulimit -n, or lower --sessions`,
    );
  const folder = join(parent, 'idle');
  await mkdir(folder);
  if (profileFolder !== undefined) await mkdir(profileFolder, { recursive: true });
  const settings = { IM_SERVE_MAX_STRANGERS: String(MAX_STRANGERS) };
  const im = await startIm(folder, { isInspected: true, settings });
  try {
    const credentials = await im.addUsers('i', sessions);
    const credentialsFile = join(folder, 'credentials.json');
    await writeFile(credentialsFile, JSON.stringify(credentials satisfies readonly Credential[]));
    const inspector = await attach(im.debuggerUrl ?? '');
    const work = { url: im.target.url, credentialsFile };
    await end(await logIn(work, Math.min(WARM_UP, sessions)));
    await rest(SETTLE_MS);
    const before = await inspector.settledMemory();

    if (profileFolder !== undefined) await inspector.startProfile();
    const cpuBefore = processCpuSeconds(im.pid);
    const crowd = await logIn(work, sessions);
    const stormCpu = processCpuSeconds(im.pid) - cpuBefore;
    if (profileFolder !== undefined) await inspector.writeProfile(join(profileFolder, 'logins.cpuprofile'));
    await rest(SETTLE_MS);
    const after = await inspector.settledMemory();

    const idleCpuBefore = processCpuSeconds(im.pid);
    if (profileFolder !== undefined) await inspector.startProfile();
    const idleFrom = performance.now();
    await rest(IDLE_MS);
    const idleCpu = processCpuSeconds(im.pid) - idleCpuBefore;
    const idleSeconds = (performance.now() - idleFrom) / 1_000;
    if (profileFolder !== undefined) {
      await inspector.writeProfile(join(profileFolder, 'idle.cpuprofile'));
      await inspector.writeSnapshot(join(profileFolder, 'idle.heapsnapshot'));
    }
    inspector.close();
    await end(crowd);

    const each = (name: keyof Memory): number => (after[name] - before[name]) / sessions;
    return {
      sessions,
      perSession: { rss: each('rss'), heapUsed: each('heapUsed'), external: each('external') },
      serverMiB: after.rss / 1024 ** 2,
      stormSeconds: crowd.seconds,
      loginMicros: (stormCpu / sessions) * 1e6,
      idleBusy: idleCpu / idleSeconds,
      heartbeatMicros: (idleCpu / ((sessions * idleSeconds * 1_000) / WIRE.heartbeatMs)) * 1e6,
    };
  } finally {
    await im.stop();
  }
}

interface Holder {
  readonly child: ChildProcess;
  readonly lines: Interface;
}

interface Crowd {
  readonly holders: readonly Holder[];
  readonly seconds: number;
}

/** Resolves when all are logged in. */
async function logIn(work: Pick<IdleWork, 'url' | 'credentialsFile'>, sessions: number): Promise<Crowd> {
  const processes = Math.ceil(sessions / SESSIONS_PER_PROCESS);
  const count = Math.ceil(sessions / processes);
  const atOnce = Math.floor(AT_ONCE / processes);
  const holders: Holder[] = [];
  const welcomed: Promise<Welcomed>[] = [];
  for (let first = 0; first < sessions; first += count) {
    const address = `127.0.0.${2 + holders.length}`;
    const task: IdleWork = { ...work, first, count: Math.min(count, sessions - first), address, atOnce };
    const child = spawnOnCore(
      LOAD_CORE,
      process.execPath,
      [join(import.meta.dirname, 'load-idle.js'), JSON.stringify(task)],
      {
        stderr: 'pipe',
      },
    );
    if (child.stdout === null) throw new Error('the load process has no output');
    const lines = createInterface({ input: child.stdout });
    holders.push({ child, lines });
    welcomed.push(nextLine<Welcomed>({ child, lines }));
  }
  const times = await Promise.all(welcomed);
  const from = Math.min(...times.map(({ startedAt }) => startedAt));
  return { holders, seconds: (Math.max(...times.map(({ welcomedAt }) => welcomedAt)) - from) / 1_000 };
}

/** Ends the load processes. @throws Error when a session was closed, or heartbeats were not answered. */
async function end({ holders }: Crowd): Promise<void> {
  for (const holder of holders) {
    const line = nextLine<Held>(holder);
    const exited = once(holder.child, 'exit');
    holder.child.kill('SIGTERM');
    const { heartbeats, answers } = await line;
    await exited;
    if (answers !== heartbeats) throw new Error(`${answers} of ${heartbeats} heartbeats were answered`);
  }
}

async function nextLine<T>({ child, lines }: Holder): Promise<T> {
  let stderr = '';
  child.stderr?.on('data', (part: Buffer) => {
    stderr += part.toString();
  });
  const line = once(lines, 'line') as Promise<[string]>;
  const ended = once(child, 'close').then(([code, signal]) => {
    throw new Error(`a load process ended with ${code ?? signal}: ${stderr.slice(-500)}`);
  });
  ended.catch(() => undefined); // when the line is there
  const [text] = await Promise.race([line, ended]);
  return JSON.parse(text) as T;
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => systemClock.after(ms, resolve));
