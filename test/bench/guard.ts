/**
 * `npm run bench:guard`: is the server slower than when the ratio in guard.json was committed? It compares CPU time for each
 * message with a fixed workload in the same run, so that it holds on another machine, too. Exits with 1 if it is slower.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { type Baseline, type GuardRound, judge, ratioOf, TOLERANCE } from './guard-verdict.js';
import { allCpuSeconds, endedCpuSeconds, output, processCpuSeconds, SERVER_CORE } from './process.js';
import { startIm } from './server-im.js';
import { nameRun, runLoadProcess } from './task.js';
import { PAIRS, UNANSWERED } from './work.js';

const BASELINES = join(import.meta.dirname, '../../../test/bench/guard.json');
/** In memory: the disk's part of the CPU time is small, and would be most of the noise. */
const MEMORY = '/dev/shm';
const WARM_UP_MS = 1_500;
const MEASURE_MS = 2_500;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, write: { type: 'boolean', default: false } },
});
const [major = ''] = process.versions.node.split('.');
const baselines = JSON.parse(readFileSync(BASELINES, 'utf8')) as Record<string, Baseline>;
const rounds = await measure(Number(values.rounds));
const ratio = Number(ratioOf(rounds).toFixed(2));
const verdict = judge(rounds, baselines[major]);
const others = Math.max(...rounds.map(({ othersBusy }) => othersBusy));
console.log(
  `Node ${process.versions.node}: ${ratio} of the reference; committed: ${baselines[major]?.ratio ?? 'nothing'}; ` +
    `other processes took up to ${others.toFixed(2)} cores`,
);
console.log(verdict === 'not judged' ? 'not judged: the machine is busy. Run it again when it is quiet' : verdict);
if (verdict === 'slower') {
  console.log(
    `the server needs over ${TOLERANCE * 100} % more CPU time for a message than when the ratio was committed`,
  );
  process.exitCode = 1;
}
if (values.write) {
  const date = new Date(systemClock.now()).toISOString().slice(0, 10);
  writeFileSync(BASELINES, `${JSON.stringify({ ...baselines, [major]: { ratio, date } }, null, 2)}\n`);
}

async function measure(count: number): Promise<readonly GuardRound[]> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : '/var/tmp', 'im-guard-'));
  process.on('SIGINT', () => {}); // it also ends the load, and `finally` the server
  try {
    const im = await startIm(folder);
    try {
      const found: GuardRound[] = [];
      const work = { pairs: PAIRS, unanswered: UNANSWERED, warmupMs: WARM_UP_MS, measureMs: MEASURE_MS, restMs: 0 };
      let before = await reference();
      for (let round = 0; round < count; round++) {
        const others = othersSince(im.pid);
        const { serverCpuMicros } = await runLoadProcess({
          ...work,
          target: im.target,
          serverPid: im.pid,
          run: nameRun(),
        });
        const othersBusy = others();
        const after = await reference();
        found.push({ serverMicros: serverCpuMicros, referenceMicros: (before + after) / 2, othersBusy });
        before = after;
      }
      return found;
    } finally {
      await im.stop();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function reference(): Promise<number> {
  const program = join(import.meta.dirname, 'reference.js');
  return (JSON.parse(await output(SERVER_CORE, process.execPath, [program])) as { readonly micros: number }).micros;
}

/** Returns a function that tells how many cores all processes but the server and those of this benchmark took since then. */
function othersSince(serverPid: number): () => number {
  const now = () => ({
    at: systemClock.monotonic() / 1_000,
    all: allCpuSeconds(),
    ours: processCpuSeconds(serverPid) + processCpuSeconds(process.pid) + endedCpuSeconds(),
  });
  const before = now();
  return () => {
    const after = now();
    return Math.max(0, (after.all - before.all - (after.ours - before.ours)) / (after.at - before.at));
  };
}
