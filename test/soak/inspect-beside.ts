/**
 * `im inspect-queue` again and again beside a server under load that is stopped, killed and started, and writes checkpoints (R19,
 * storage 12). `node build/test/soak/inspect-beside.js [--runs 1000] [--rate 400] [--padding 20000] [--seed N] [--strace]`. Each
 * result has to be a state that existed: whole lines, the messages between a cursor and an end that only move on, all of them;
 * the end not before what was stored when it began, nor after what was sent when it was over; the cursor not after what was
 * shown. With --strace nothing may be opened for writing, made, renamed or removed in the folder. Ends with 1 if anything was wrong.
 */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Crowd, PROGRAM } from './crowd.js';

const PAIRS = 4;
/** Calls that change files; `open` counts when it is for writing. */
const CHANGES =
  /^\d+ +(creat|rename\w*|unlink\w*|mkdir\w*|rmdir|link\w*|symlink\w*|truncate|chmod|fchmod\w*|chown|\w*chown\w*|utime\w*|open.*O_(WRONLY|RDWR|CREAT|TRUNC|APPEND))/;

export interface BesideOptions {
  readonly runs: number;
  readonly rate: number;
  readonly padding: number;
  readonly random: () => number;
  /** Whether each run is watched by strace. */
  readonly traced: boolean;
}

export interface BesideReport {
  readonly runs: number;
  readonly kills: number;
  readonly messages: number;
  /** Checkpoints that were seen: the numbers of segments that store.json named. */
  readonly segments: number;
  readonly wrong: readonly string[];
}

interface Line {
  readonly to: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly body: string;
}

export async function inspectBeside(options: BesideOptions): Promise<BesideReport> {
  const { runs, rate, padding, random, traced } = options;
  const crowd = new Crowd({ pairs: PAIRS, rate, padding });
  const wrong: string[] = [];
  const segments = new Set<string>();
  let kills = 0;
  let messages = 0;
  let isOver = false;
  const disturb = async (): Promise<void> => {
    while (!isOver) {
      await new Promise<void>((resolve) => systemClock.after(300 + random() * 3_000, resolve));
      await crowd.kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM'); // the latter ends with a checkpoint
      kills++;
      await crowd.serve();
    }
  };
  try {
    await crowd.start();
    const disturbing = disturb();
    const before = new Map<string, { cursor: number; last: number }>();
    for (let run = 1; run <= runs || messages === 0 || kills === 0; run++) {
      if (run % 100 === 0) console.log(`run ${run}: ${kills} kills, ${messages} messages, ${wrong.length} wrong`);
      const stored = crowd.indices.map((index) => crowd.logOf(`s${index}`).length);
      const { code, stdout, stderr, changes } = await inspect(crowd, traced);
      const shown = crowd.indices.map((index) => crowd.logOf(`r${index}`).length);
      for (const name of readdirSync(`${crowd.env.IM_DATA}/journal`)) segments.add(name);
      const say = (what: string): number => wrong.push(`run ${run}: ${what}`);
      if (code !== 0 || stderr !== '') say(`ended with ${code}: ${stderr.slice(0, 500)}`);
      for (const change of changes) say(`changed something: ${change}`);
      const lines = parse(stdout, say);
      messages += lines.length;
      for (const index of crowd.indices) {
        const queue = lines.filter(({ to }) => to === `r${index}`);
        const was = before.get(`r${index}`) ?? { cursor: 0, last: 0 };
        const [first] = queue;
        // An empty one says nothing of where it is.
        if (first === undefined) continue;
        const cursor = first.seq - 1;
        const last = cursor + queue.length;
        if (
          queue.some(
            ({ seq, id, from }, at) => seq !== first.seq + at || id !== `s${index}-${seq - 1}` || from !== `s${index}`,
          )
        )
          say(`r${index} has a hole, or a message in the place of another`);
        if (queue.some(({ body }) => !body.startsWith('message ') || body.trimEnd().length + padding !== body.length))
          say(`r${index} has a torn body`);
        if (cursor < was.cursor || last < was.last) say(`r${index} went back`);
        if (last < (stored[index] ?? 0)) say(`r${index} ends at ${last}, and ${stored[index]} were stored before`);
        if (cursor > (shown[index] ?? 0)) say(`r${index} is acked up to ${cursor}, and ${shown[index]} were shown`);
        before.set(`r${index}`, { cursor, last });
      }
    }
    isOver = true;
    await disturbing;
    await crowd.finish();
    return { runs, kills, messages, segments: segments.size, wrong };
  } finally {
    isOver = true;
    await crowd.end();
  }
}

function parse(stdout: string, say: (what: string) => void): Line[] {
  const texts = stdout.split('\n');
  if (texts.pop() !== '') say('the last line is torn');
  return texts.flatMap((text) => {
    try {
      return [JSON.parse(text) as Line];
    } catch {
      say(`a torn line: ${text.slice(0, 100)}`);
      return [];
    }
  });
}

async function inspect(crowd: Crowd, traced: boolean) {
  const trace = `${crowd.env.HOME}/trace`;
  const words = [process.execPath, PROGRAM, 'inspect-queue', '--json'];
  const tracer = ['strace', '-f', '-qq', '-e', 'trace=%file,%desc', '-e', 'signal=none', '-o', trace];
  const [program = '', ...rest] = traced ? [...tracer, ...words] : words;
  const child = spawn(program, rest, { env: crowd.env, stdio: 'pipe' });
  child.stdin.end();
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  const calls = traced ? readFileSync(trace, 'utf8').split('\n') : [];
  if (traced) rmSync(trace);
  const changes = calls.filter((call) => CHANGES.test(call) && call.includes(crowd.env.IM_DATA ?? ''));
  return { code, stdout: stdout.join(''), stderr: stderr.join(''), changes };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      rate: { type: 'string', default: '400' },
      padding: { type: 'string', default: '20000' },
      seed: { type: 'string' },
      strace: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? systemClock.now() % 1_000_000);
  console.log(`seed ${seed}`);
  const [runs, rate, padding] = [Number(values.runs), Number(values.rate), Number(values.padding)];
  const report = await inspectBeside({ runs, rate, padding, random: seededRandom(seed), traced: values.strace });
  console.log(
    `${report.runs} runs beside a server that was ended ${report.kills} times, with ${report.segments} segments of its journal: ` +
      `${report.messages} messages listed, ${report.wrong.length} things wrong`,
  );
  for (const what of report.wrong.slice(0, 20)) console.log(what);
  if (report.wrong.length > 0) process.exitCode = 1;
}
