/**
 * kill -9 of the real server at random moments, under load from client processes (R14: nothing acknowledged is lost; R15: nothing is
 * shown twice; R16: order).
 * `node build/test/soak/kill-server.js [--kills 100] [--rate 1500] [--devices 1] [--seed N]`. With more devices a user, each of a
 * sender sends, and gets copies of what the others send; each of a receiver gets every message. Prints a report; exits with 1 if a
 * message or a copy was lost, duplicated or out of order on a device, or if a start took 2 s or more.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Crowd } from './crowd.js';

/** Client processes: senders and receivers, as many of each. */
const PROCESSES = 8;

export interface KillReport {
  readonly kills: number;
  readonly stored: number;
  /** Shown by receivers, on all devices. */
  readonly received: number;
  /** Copies that the devices of senders showed. */
  readonly copied: number;
  readonly lost: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** For each start after a kill: ms from starting the process to its first line. */
  readonly startsMs: readonly number[];
  readonly perSecond: number;
}

export async function killServer(
  kills: number,
  rate: number,
  devices: number,
  random: () => number,
): Promise<KillReport> {
  const crowd = new Crowd({ pairs: Math.ceil(PROCESSES / 2 / devices), rate, devices });
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

/** Compares what each device was shown with what was confirmed as stored to its peer, and to its user's other devices. */
function compare(crowd: Crowd): Omit<KillReport, 'kills' | 'startsMs' | 'perSecond'> {
  const { devices } = crowd;
  let stored = 0;
  let received = 0;
  let copied = 0;
  let lost = 0;
  let twice = 0;
  let outOfOrder = 0;
  for (const index of crowd.indices) {
    const idsOf = devices.map((device) => crowd.logOf(`s${index}${device}`));
    const check = (log: string, ids: readonly string[]): number => {
      const shown = crowd.logOf(log).map((one) => one.split(' ')[0] as string);
      const distinct = new Set(shown);
      lost += ids.filter((id) => !distinct.has(id)).length;
      twice += shown.length - distinct.size;
      outOfOrder += countOutOfOrder([...distinct]);
      return shown.length;
    };
    stored += idsOf.flat().length;
    for (const device of devices) received += check(`r${index}${device}`, idsOf.flat());
    for (const [own, device] of devices.entries()) {
      copied += check(`s${index}${device}.copies`, idsOf.filter((_, other) => other !== own).flat());
    }
  }
  return { stored, received, copied, lost, twice, outOfOrder };
}

/** Ids are `SENDER-NUMBER`, and those of one sender have to be in order. */
function countOutOfOrder(ids: readonly string[]): number {
  const latest = new Map<string, number>();
  let count = 0;
  for (const id of ids) {
    const [sender = '', number] = id.split('-');
    if (Number(number) <= (latest.get(sender) ?? -1)) count++;
    latest.set(sender, Number(number));
  }
  return count;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      rate: { type: 'string', default: '1500' },
      devices: { type: 'string', default: '1' },
      seed: { type: 'string' },
    },
  });
  const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const report = await killServer(
    Number(values.kills),
    Number(values.rate),
    Number(values.devices),
    seededRandom(seed),
  );
  const starts = report.startsMs.toSorted((a, b) => a - b).map((ms) => Math.round(ms));
  const slowest = starts.at(-1) ?? 0;
  console.log(
    `${report.kills} kills at ${Math.round(report.perSecond)} messages/s: ${report.stored} acknowledged, ${report.received} received, ` +
      `${report.copied} copies, ` +
      `${report.lost} lost, ${report.twice} twice, ${report.outOfOrder} out of order; ` +
      `ready again in ${starts[Math.floor(starts.length / 2)]} ms (median), ${slowest} ms (slowest)`,
  );
  if (report.lost + report.twice + report.outOfOrder > 0 || slowest >= 2_000) process.exitCode = 1;
}
