/**
 * Runs `im inspect-queue` again and again beside a server under load that is stopped, killed, started, and writes checkpoints
 * (R19: readers change nothing; storage 12: they take no lock).
 * `node build/test/soak/inspect-beside.js [--runs 1000] [--rate 400] [--padding 20000] [--seed N] [--strace]`.
 *
 * Each result must be a state that existed: complete lines; all messages between the cursor and the last seq; neither of the two
 * goes back between runs; the last seq covers all messages that were stored before the run; the cursor is not beyond what
 * was shown. With --strace, no file in the folder may be opened for writing, created, renamed or removed. Exits with 1 if
 * anything was wrong.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock.js';
import { seededRandom } from '../harness/seeded-random.js';
import { Crowd, PROGRAM } from './crowd.js';

const PAIRS = 4;
/** System calls that change files; `open` only when it opens for writing. */
const CHANGES =
  /^\d+ +(creat|rename\w*|unlink\w*|mkdir\w*|rmdir|link\w*|symlink\w*|truncate|chmod|fchmod\w*|chown|\w*chown\w*|utime\w*|open.*O_(WRONLY|RDWR|CREAT|TRUNC|APPEND))/;

export interface BesideOptions {
  readonly runs: number;
  readonly rate: number;
  readonly padding: number;
  readonly random: () => number;
  /** Whether each run is traced with strace. */
  readonly traced: boolean;
}

export interface BesideReport {
  readonly runs: number;
  readonly kills: number;
  readonly messages: number;
  /** Journal segments that were seen; each checkpoint starts a new one. */
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
  let isDone = false;
  const restartServer = async (): Promise<void> => {
    while (!isDone) {
      await new Promise<void>((resolve) => systemClock.after(300 + random() * 3_000, resolve));
      await crowd.kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM'); // SIGTERM ends with a checkpoint
      kills++;
      await crowd.serve();
    }
  };
  try {
    await crowd.start();
    const restarting = restartServer();
    const previous = new Map<string, { cursor: number; last: number }>();
    for (let run = 1; run <= runs || messages === 0 || kills === 0; run++) {
      if (run % 100 === 0) console.log(`run ${run}: ${kills} kills, ${messages} messages, ${wrong.length} wrong`);
      const stored = crowd.indices.map((index) => crowd.logOf(`s${index}`).length);
      const { code, stdout, stderr, changes } = await inspect(crowd, traced);
      const shown = crowd.indices.map((index) => crowd.logOf(`r${index}`).length);
      for (const name of readdirSync(`${crowd.env.IM_DATA}/journal`)) segments.add(name);
      const report = (what: string): number => wrong.push(`run ${run}: ${what}`);
      if (code !== 0 || stderr !== '') report(`exited with ${code}: ${stderr.slice(0, 500)}`);
      for (const change of changes) report(`changed something: ${change}`);
      const lines = parse(stdout, report);
      messages += lines.length;
      for (const index of crowd.indices) {
        const queue = lines.filter(({ to }) => to === `r${index}`);
        const was = previous.get(`r${index}`) ?? { cursor: 0, last: 0 };
        const [first] = queue;
        // An empty queue has no seqs to compare.
        if (first === undefined) continue;
        const cursor = first.seq - 1;
        const last = cursor + queue.length;
        if (
          queue.some(
            ({ seq, id, from }, at) => seq !== first.seq + at || id !== `s${index}-${seq - 1}` || from !== `s${index}`,
          )
        )
          report(`r${index} has a hole, or a wrong message`);
        if (queue.some(({ body }) => !body.startsWith('message ') || body.trimEnd().length + padding !== body.length))
          report(`r${index} has a torn body`);
        if (cursor < was.cursor || last < was.last) report(`r${index} went back`);
        if (last < (stored[index] ?? 0)) report(`r${index} ends at ${last}, but ${stored[index]} were stored before`);
        if (cursor > (shown[index] ?? 0)) report(`r${index} is acked up to ${cursor}, but ${shown[index]} were shown`);
        previous.set(`r${index}`, { cursor, last });
      }
    }
    isDone = true;
    await restarting;
    await crowd.finish();
    return { runs, kills, messages, segments: segments.size, wrong };
  } finally {
    isDone = true;
    await crowd.end();
  }
}

function parse(stdout: string, report: (what: string) => void): Line[] {
  const texts = stdout.split('\n');
  if (texts.pop() !== '') report('the last line is torn');
  return texts.flatMap((text) => {
    try {
      return [JSON.parse(text) as Line];
    } catch {
      report(`a torn line: ${text.slice(0, 100)}`);
      return [];
    }
  });
}

async function inspect(crowd: Crowd, traced: boolean) {
  const trace = `${crowd.env.HOME}/trace`;
  const command = [process.execPath, PROGRAM, 'inspect-queue', '--json'];
  const strace = ['strace', '-f', '-qq', '-e', 'trace=%file,%desc', '-e', 'signal=none', '-o', trace];
  const [program = '', ...args] = traced ? [...strace, ...command] : command;
  const child = spawn(program, args, { env: crowd.env, stdio: 'pipe' });
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
    `${report.runs} runs beside a server that was stopped ${report.kills} times, with ${report.segments} journal segments: ` +
      `${report.messages} messages listed, ${report.wrong.length} errors`,
  );
  for (const what of report.wrong.slice(0, 20)) console.log(what);
  if (report.wrong.length > 0) process.exitCode = 1;
}
