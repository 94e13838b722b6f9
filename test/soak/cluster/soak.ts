/**
 * Faults of servers, database and links under traffic: three `im serve` on a PostgreSQL of three nodes, in which everything fails by
 * chance while clients send and receive through any of the servers.
 * `node build/test/soak/cluster/soak.js [--minutes 5] [--faults N] [--rate 500] [--users 8] [--seed N] [--only WORD] [--control]`
 *
 * It ends after so many minutes or faults. Then everything is healed, and what the clients were told is compared with what they were shown.
 * Prints a report; exits with 1 if a promise was broken. With `--control` the servers do not wait for the standbys and believe
 * what is unknown: it exits with 1 if the same comparison does not find what that loses.
 * A short one: `--faults 4 --minutes 1`.
 */
import { parseArgs } from 'node:util';
import { CLIENT } from '../../../src/client/limits.js';
import { systemClock } from '../../../src/io/clock.js';
import { seededRandom } from '../../harness/seeded-random.js';
import { pause } from '../scoped.js';
import { diceOf } from './dice.js';
import { type Fault, nextFaults } from './faults.js';
import { PROMISES, type PromiseName } from './ledger.js';
import { Rig } from './rig.js';
import { UNSAFE_ROLE, UNSAFE_SERVE } from './unsafe-serve.js';

const REPORT_MS = 5_000;
/** Without anything new: longer than notices may be lost. */
const DRAIN_MS = 45_000;
const MOVE_MS = 2_000;

interface SoakOptions {
  readonly minutes: number;
  readonly faults: number;
  readonly rate: number;
  readonly users: number;
  readonly seed: number;
  readonly isControl: boolean;
  /** Only faults whose names contain this; a second one at the same time is any. */
  readonly only: string | undefined;
}

/** Says whether all promises were kept. */
async function soak({ minutes, faults, rate, users, seed, isControl, only }: SoakOptions): Promise<boolean> {
  const begun = systemClock.monotonic();
  const say = (text: string): void =>
    console.log(`${((systemClock.monotonic() - begun) / 1_000).toFixed(1).padStart(7)}  ${text}`);
  const dice = diceOf(seededRandom(seed));
  // Of its own, so that the order of faults does not depend on how long they take.
  const moving = diceOf(seededRandom(seed + 2));
  const control = isControl ? { program: UNSAFE_SERVE, prepare: UNSAFE_ROLE } : {};
  const rig = new Rig({ servers: 3, users, rate, random: seededRandom(seed + 1), ...control });
  const counts = new Map<string, number>();
  let active: readonly Fault[] = [];
  let stuck = 0;
  try {
    await rig.start();
    say(`3 servers, 3 database nodes, ${rig.members.length} clients; seed ${seed}`);
    rig.startTraffic();
    const reports = systemClock.every(REPORT_MS, () => say(progress(rig, active)));
    const moves = systemClock.every(MOVE_MS, () => {
      if (active.length > 0 && moving.chance(0.3)) void rig.move(moving, () => 'takeover while something fails');
    });
    let done = 0;
    while (done < faults && systemClock.monotonic() - begun < minutes * 60_000) {
      await pause(dice.between(500, 2_000));
      await rig.move(moving, () => 'takeover across servers');
      active = nextFaults(dice, only).slice(0, faults - done);
      rig.isDatabaseFailing = active.some(({ lane }) => lane === 'database');
      say(`→ ${active.map(({ name }) => name).join(' + ')}`);
      await Promise.all(active.map((fault) => fault.run(rig, dice)));
      const healed = systemClock.monotonic();
      if (await rig.isHealthy(healed))
        rig.times.note('all clients send again after everything was healed', systemClock.monotonic() - healed);
      else {
        stuck++;
        say(`NOT RECOVERED: ${rig.unhealthy(healed)}`);
      }
      for (const { name } of active) counts.set(name, (counts.get(name) ?? 0) + 1);
      done += active.length;
      active = [];
    }
    moves.cancel();
    rig.stopTraffic();
    say('draining');
    await drain(rig);
    reports.cancel();
    rig.ledger.close();
    console.log(report(rig, counts, systemClock.monotonic() - begun));
    if (stuck > 0) console.log(`${stuck} times not all clients could send again within a minute`);
    const isKept = rig.ledger.broken.size === 0 && stuck === 0 && rig.deaths === 0;
    if (!isKept && !isControl) {
      rig.keepsLogs = true;
      console.log(`BROKEN; seed ${seed}; logs of the servers in ${rig.home}`);
    }
    return isKept;
  } finally {
    await rig.close();
  }
}

/** Until everything that was sent has arrived, or nothing arrives any more. */
async function drain(rig: Rig): Promise<void> {
  for (let before = -1; before !== progressOf(rig); ) {
    before = progressOf(rig);
    if (await rig.within(DRAIN_MS, () => rig.ledger.isDrained)) return;
  }
}

const progressOf = ({ ledger }: Rig): number => ledger.totals.stored + ledger.totals.shown;

function progress(rig: Rig, active: readonly Fault[]): string {
  const { sent, stored, shown } = rig.ledger.totals;
  const online = rig.members.filter(({ isOnline }) => isOnline).length;
  const broken = [...rig.ledger.broken].map(([name, { count }]) => `, ${name} ${count}`).join('');
  const what = active.length === 0 ? '' : `; ${active.map(({ name }) => name).join(' + ')}`;
  return `sent ${sent}, stored ${stored}, shown ${shown}, online ${online}/${rig.members.length}${broken}${what}`;
}

function report(rig: Rig, counts: ReadonlyMap<string, number>, ms: number): string {
  const { ledger, times } = rig;
  const { sent, stored, shown } = ledger.totals;
  const faults = [...counts].sort(([, one], [, other]) => other - one);
  const total = faults.reduce((sum, [, count]) => sum + count, 0);
  const promises = (Object.keys(PROMISES) as PromiseName[]).flatMap((name) => {
    const { count, examples } = ledger.broken.get(name) ?? { count: 0, examples: [] };
    return [
      `  ${name.padEnd(12)}${String(count).padStart(8)}  ${PROMISES[name]}`,
      ...examples.map((one) => `      ${one}`),
    ];
  });
  return [
    '',
    `${total} faults in ${(ms / 60_000).toFixed(1)} minutes`,
    ...faults.map(([name, count]) => `  ${String(count).padStart(4)}  ${name}`),
    `${sent} messages sent, ${stored} acknowledged, ${shown} shown, ${Math.round((stored / ms) * 1_000)}/s`,
    ...promises,
    ...times.lines.map((line) => `  ${line}`),
    `  servers that ended by themselves: ${rig.deaths}; takeovers in which both clients ended: ${rig.contests}; marks of delivery lost for so long that the id was forgotten: ${ledger.forgotten}`,
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    faults: { type: 'string' },
    rate: { type: 'string', default: '500' },
    users: { type: 'string', default: '8' },
    seed: { type: 'string' },
    only: { type: 'string' },
    control: { type: 'boolean', default: false },
  },
});
// Faults come every few seconds here, and every few months elsewhere: each finds clients whose backoff has begun anew.
Object.assign(CLIENT, { backoffResetMs: 1_000 });
const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
const isKept = await soak({
  minutes: Number(values.minutes),
  faults: Number(values.faults ?? Number.POSITIVE_INFINITY),
  rate: Number(values.rate),
  users: Number(values.users),
  seed,
  isControl: values.control,
  only: values.only,
});
if (values.control) console.log(isKept ? 'the control was NOT caught' : 'the control was caught');
else if (isKept) console.log('every promise held');
// A connection that a fault left behind may still be open.
process.exit(isKept === values.control ? 1 : 0);
