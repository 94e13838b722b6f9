/**
 * kill -9 of the real server at random moments, under load from client processes (R14: nothing acknowledged is lost; R15: nothing is
 * shown twice; R16: order).
 * `node build/test/soak/kill-server.js [--kills 100] [--rate 1500] [--seed N]`. Prints a report; exits with 1 if a message was
 * lost, duplicated or out of order, or if a start took 2 s or more.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Crowd } from './crowd.js';

const PAIRS = 4;

export interface KillReport {
  readonly kills: number;
  readonly stored: number;
  readonly received: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** For each start after a kill: ms from starting the process to its first line. */
  readonly startsMs: readonly number[];
  readonly perSecond: number;
}

export async function killServer(kills: number, rate: number, random: () => number): Promise<KillReport> {
  const crowd = new Crowd({ pairs: PAIRS, rate });
  try {
    await crowd.start();
    const begun = systemClock.monotonic();
    const startsMs: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await new Promise<void>((resolve) => systemClock.after(100 + random() * 600, resolve));
      await crowd.kill('SIGKILL');
      const from = systemClock.monotonic();
      await crowd.serve();
      startsMs.push(systemClock.monotonic() - from);
    }
    const elapsedMs = systemClock.monotonic() - begun;
    const stored = await crowd.finish();
    return { kills, startsMs, perSecond: (stored / elapsedMs) * 1000, ...compare(crowd) };
  } finally {
    await crowd.end();
  }
}

/** Compares what the receivers were shown with what the senders got confirmed as stored. */
function compare(crowd: Crowd): Omit<KillReport, 'kills' | 'startsMs' | 'perSecond'> {
  let stored = 0;
  let received = 0;
  let lost = 0;
  let twice = 0;
  let outOfOrder = 0;
  for (const index of crowd.indices) {
    const ids = crowd.logOf(`s${index}`);
    const shown = crowd.logOf(`r${index}`).map((one) => one.split(' ')[0] as string);
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
