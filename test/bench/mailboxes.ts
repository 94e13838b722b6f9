/**
 * Many mailboxes with traffic: how long does an append wait for a checkpoint, how long does a stop take, a start after it, and
 * a start after a kill, and how much memory does it take? Of the store alone, in a process of its own.
 * `node build/test/bench/mailboxes.js [mailboxes] [seconds] [bytes of a body] [messages in flight] [MiB of journal at most]`.
 * Default: 60,000 mailboxes, 30 s, 2,000 bytes, 300 in flight, 1,024 MiB.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type FileStore, openFileStore } from '../../src/file-store/store/file-store.js';
import { systemClock } from '../../src/io/clock.js';
import { type Log, silentLog } from '../../src/io/log.js';
import { append } from '../harness/append.js';

const [mailboxes = 60_000, seconds = 30, bytes = 2_000, inFlight = 300, journalMiB = 1_024] = process.argv
  .slice(2)
  .map(Number);
/** One more message is sent to one mailbox at this interval: its latency is what another user sees. */
const PROBE_MS = 10;

const megabytes = (count: number): number => Math.round(count / 1e6);
const residentMegabytes = (): number => megabytes(process.memoryUsage.rss());
const pause = (ms: number): Promise<void> => new Promise((resolve) => systemClock.after(ms, resolve));
const commits: number[] = [];

const checkpoints = { count: 0, mailboxes: 0, ms: 0 };
const log: Log = {
  ...silentLog,
  debug(event, fields) {
    if (event !== 'checkpoint') return;
    checkpoints.count++;
    checkpoints.mailboxes += Number(fields?.mailboxes);
    checkpoints.ms += Number(fields?.ms);
  },
};

function open(folder: string): Promise<FileStore> {
  const storage = { maxJournalBytes: journalMiB * 1024 * 1024 };
  const onCommit = (_: number, ms: number): void => void commits.push(ms);
  return openFileStore({ folder, clock: systemClock, log, onCommit, storage });
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begun = performance.now();
  const result = await work();
  return [result, Math.round(performance.now() - begun)];
}

/** The quantiles of some times in ms, as text. */
function quantiles(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${at(1)} ms`;
}

/** A message to each mailbox in turn, as many as are answered, until the time is over. */
async function load(store: FileStore): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  const body = 'y'.repeat(bytes);
  let sent = 0;
  let answeredAt = performance.now();
  let longestGap = 0;
  const probes: number[] = [];
  const perSecond: number[] = [];
  const send = async (): Promise<void> => {
    while (performance.now() < end) {
      const number = sent++;
      await append(store, { to: `u${number % mailboxes}`, from: 'a', id: `m${number}`, body, at: Date.now() });
      longestGap = Math.max(longestGap, performance.now() - answeredAt);
      answeredAt = performance.now();
      const second = seconds - Math.ceil((end - answeredAt) / 1_000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
  };
  const probe = async (): Promise<void> => {
    for (let number = 0; performance.now() < end; number++) {
      const begun = performance.now();
      await append(store, { to: 'q', from: 'p', id: `p${number}`, body: 'x', at: Date.now() });
      probes.push(performance.now() - begun);
      await pause(PROBE_MS);
    }
  };
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  await Promise.all([probe(), ...Array.from({ length: inFlight }, send)]);
  turns.disable();
  console.log(`load: ${sent} stored; per second ${perSecond.join(' ')}`);
  console.log(`  of another sender:      ${quantiles(probes)}`);
  console.log(`  between two answers:    longest ${longestGap.toFixed(1)} ms`);
  console.log(`  write and fdatasync:    ${quantiles(commits)}`);
  console.log(
    `  turn of the event loop: p99.9 ${(turns.percentile(99.9) / 1e6).toFixed(1)}, longest ${(turns.max / 1e6).toFixed(1)} ms`,
  );
  const { count, mailboxes: written, ms } = checkpoints;
  console.log(`  checkpoints:            ${count} with ${written} mailboxes in ${ms} ms; ${commits.length} batches`);
  console.log(`  resident memory:        ${residentMegabytes()} MB`);
}

/** One message for each mailbox. */
async function fill(store: FileStore): Promise<void> {
  const body = 'y'.repeat(bytes);
  const before = residentMegabytes();
  for (let number = 0; number < mailboxes; ) {
    const batch = Array.from({ length: Math.min(1_000, mailboxes - number) }, () => {
      const one = number++;
      return append(store, { to: `u${one}`, from: 'a', id: `f${one}`, body, at: Date.now() });
    });
    await Promise.all(batch);
  }
  console.log(`a message for each: resident memory ${before} MB before, ${residentMegabytes()} MB after`);
}

const STEPS: Record<string, (folder: string) => Promise<void>> = {
  async fill(folder) {
    await fill(await open(folder));
    process.kill(process.pid, 'SIGKILL');
  },
  async load(folder) {
    const [store, started] = await timed(() => open(folder));
    console.log(`start after a kill: ${started} ms`);
    await load(store);
    const [, closed] = await timed(() => store.close());
    console.log(`stop: ${closed} ms`);
  },
  async kill(folder) {
    const [store, started] = await timed(() => open(folder));
    console.log(`start after a stop: ${started} ms, ${residentMegabytes()} MB`);
    await append(store, { to: 'q', from: 'p', id: 'last', body: 'x', at: Date.now() });
    process.kill(process.pid, 'SIGKILL');
  },
  async start(folder) {
    const [, started] = await timed(() => open(folder));
    console.log(`start after a kill: ${started} ms, ${residentMegabytes()} MB`);
    process.kill(process.pid, 'SIGKILL');
  },
};

async function journalMegabytes(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'journal'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, 'journal', name))).size));
  return megabytes(sizes.reduce((sum, size) => sum + size, 0));
}

const [, , , , , , , step, stepFolder] = process.argv;
if (step !== undefined && stepFolder !== undefined) {
  await STEPS[step]?.(stepFolder);
} else {
  const folder = await mkdtemp(join(tmpdir(), 'im-bench-'));
  console.log(`${mailboxes} mailboxes, ${seconds} s, bodies of ${bytes} bytes, ${inFlight} in flight`);
  try {
    for (const name of Object.keys(STEPS)) {
      const values = [mailboxes, seconds, bytes, inFlight, journalMiB].map(String);
      const child = spawn(process.execPath, [import.meta.filename, ...values, name, folder], { stdio: 'inherit' });
      await once(child, 'exit');
      console.log(`  journal: ${await journalMegabytes(folder)} MB`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
