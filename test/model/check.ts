/**
 * Checks the model of several servers on one database (cluster.pml) with Spin: `npm run test:model`, or `-- WORD` for the cases with
 * this word in their names. With all rules on, nothing may be found, in all reachable states; with one off, its fault has to be
 * found, and is told. Exits with 1 when a case ends otherwise, or a tool is missing.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const source = join(import.meta.dirname, '../../../test/model/cluster.pml');
const compiler = process.env.CC ?? 'cc';

const AT_A_TIME = 2;
/** Of one case: less than 4 GB in all. */
const MEMORY_MB = 1_900;
const TIME_LIMIT_MS = 600_000;

/** What a run was found to break, by its name and number in cluster.pml; `nothing`: all states were visited, and everything holds. */
const FINDINGS = ['nothing', 'LOST', 'TWICE', 'DISORDER', 'ANOTHER', 'UNFINISHED', 'REACHED'] as const;
type Finding = (typeof FINDINGS)[number];
type Definitions = Readonly<Record<string, number>>;

interface Case {
  readonly name: string;
  readonly expected: Finding;
  readonly sizes: Definitions;
  readonly rules?: Definitions;
}

interface Result {
  readonly found: Finding;
  readonly states: number;
  readonly seconds: number;
  /** What happened, if something was found: the shortest run that leads to it. */
  readonly story: readonly string[];
}

const NO_FAULTS = { FAULTS: 0, CUTS: 0, REFUSALS: 0 };
const SIZES = { FAULTS: 2, CUTS: 1, REFUSALS: 0, GOAL: 0, ONLY: 0 };
/** Three messages of S, which logs in again; one session of R. */
const SENDER = { ...SIZES, M: 3, OTHERS: 0, SENDER_LOGINS: 2, RECEIVER_LOGINS: 1 };
/** A message of each sender; R logs in again. */
const RECEIVER = { ...SIZES, M: 1, OTHERS: 1, SENDER_LOGINS: 1, RECEIVER_LOGINS: 2 };
/** A message of each sender, and nobody logs in again. */
const SMALL = { ...RECEIVER, RECEIVER_LOGINS: 1 };
const SENDERS = { ...SENDER, M: 2, OTHERS: 1 };
const BOTH = { ...SENDER, M: 2, RECEIVER_LOGINS: 2, FAULTS: 1 };
const BOUND = { READ_WAITS: 0, READ_BOUND: 1 };

/** Other faults come sooner, and are not looked for. */
const only = (property: Finding, sizes: Definitions): Definitions => ({ ...sizes, ONLY: FINDINGS.indexOf(property) });

const CASES: readonly Case[] = [
  { name: 'all rules, a sender', expected: 'nothing', sizes: { ...SENDER, REFUSALS: 1 } },
  { name: 'all rules, two senders', expected: 'nothing', sizes: SENDERS },
  { name: 'all rules, a receiver', expected: 'nothing', sizes: RECEIVER },
  { name: 'all rules, sender and receiver', expected: 'nothing', sizes: BOTH },
  { name: 'all rules, READ_BOUND, two senders', expected: 'nothing', sizes: SENDERS, rules: BOUND },
  { name: 'all rules, READ_BOUND, a receiver', expected: 'nothing', sizes: RECEIVER, rules: BOUND },
  // These two protect nothing more here: the first write when reads have a rule, and the fence of an ack, which only follows a push.
  { name: 'without FIRST_WRITE', expected: 'nothing', sizes: RECEIVER, rules: { FIRST_WRITE: 0 } },
  { name: 'without SETTLE_FENCE', expected: 'nothing', sizes: RECEIVER, rules: { SETTLE_FENCE: 0 } },
  // As first designed: the first write is enough as long as no wait is terminated or cancelled.
  {
    name: 'reads without a rule, no CUTS',
    expected: 'nothing',
    sizes: { ...RECEIVER, CUTS: 0 },
    rules: { READ_WAITS: 0 },
  },
  // The model can do what it is meant to: these ends are reached.
  { name: 'the end, a sender', expected: 'REACHED', sizes: { ...SENDER, REFUSALS: 1, GOAL: 1 } },
  { name: 'the end, a receiver', expected: 'REACHED', sizes: { ...RECEIVER, GOAL: 1 } },

  {
    name: 'without FIRST_WRITE, reads without a rule, no CUTS',
    expected: 'LOST',
    sizes: { ...SMALL, CUTS: 0 },
    rules: { READ_WAITS: 0, FIRST_WRITE: 0 },
  },
  { name: 'reads without a rule', expected: 'LOST', sizes: SMALL, rules: { READ_WAITS: 0 } },
  {
    name: 'reads without a rule, R logs in again',
    expected: 'ANOTHER',
    sizes: only('ANOTHER', RECEIVER),
    rules: { READ_WAITS: 0 },
  },
  { name: 'without DECIDE_WRITES', expected: 'LOST', sizes: SENDER, rules: { DECIDE_WRITES: 0 } },
  { name: 'without SENDER_FENCE', expected: 'TWICE', sizes: { ...SENDER, ...NO_FAULTS }, rules: { SENDER_FENCE: 0 } },
  {
    name: 'without FENCE_AFTER_LOCKS',
    expected: 'TWICE',
    sizes: { ...SENDER, ...NO_FAULTS },
    rules: { FENCE_AFTER_LOCKS: 0 },
  },
  {
    name: 'without FENCES_IN_ROWS, a sender',
    expected: 'TWICE',
    sizes: { ...SENDER, ...NO_FAULTS },
    rules: { FENCES_IN_ROWS: 0 },
  },
  {
    name: 'without FENCES_IN_ROWS, a receiver',
    expected: 'TWICE',
    sizes: { ...RECEIVER, ...NO_FAULTS },
    rules: { FENCES_IN_ROWS: 0 },
  },
  { name: 'without UNKNOWN_REPEATS', expected: 'LOST', sizes: SENDER, rules: { UNKNOWN_REPEATS: 0 } },
  { name: 'without LANE_REPEATS', expected: 'DISORDER', sizes: only('DISORDER', SENDER), rules: { LANE_REPEATS: 0 } },
  {
    name: 'without HOLD_LASTS, nobody logs in again',
    expected: 'DISORDER',
    sizes: { ...SENDER, ...NO_FAULTS, SENDER_LOGINS: 1, REFUSALS: 1 },
    rules: { HOLD_LASTS: 0 },
  },
];

/** A search in breadth finds the shortest story; one in depth visits everything with less memory. */
const isInBreadth = ({ expected }: Case): boolean => expected !== 'nothing' && expected !== 'REACHED';

async function check(checked: Case, folder: string, signal: AbortSignal): Promise<Result> {
  const inFolder = { cwd: folder, timeout: TIME_LIMIT_MS, maxBuffer: 2 ** 26, signal };
  const definitions = Object.entries({ ...checked.sizes, ...checked.rules }).map(
    ([name, value]) => `-D${name}=${value}`,
  );
  const options = ['-O2', '-w', '-DSAFETY', `-DMEMLIM=${MEMORY_MB}`, ...(isInBreadth(checked) ? ['-DBFS'] : [])];
  mkdirSync(folder);
  copyFileSync(source, join(folder, 'cluster.pml'));
  await execute('spin', [...definitions, '-a', 'cluster.pml'], inFolder);
  await execute(compiler, [...options, '-o', 'pan', 'pan.c'], inFolder);
  const startedAt = performance.now();
  const { stdout } = await execute(join(folder, 'pan'), ['-m10000', '-n'], inFolder);
  const seconds = (performance.now() - startedAt) / 1_000;
  const states = Number(/^\s*(\S+) states, stored/m.exec(stdout)?.[1]);
  const errors = /errors: (\d+)/.exec(stdout)?.[1];
  if (errors === '0') {
    if (/not completed|too small|MEMLIM/.test(stdout)) throw new Error(`Not all states were visited:\n${stdout}`);
    return { found: 'nothing', states, seconds, story: [] };
  }
  if (errors !== '1') throw new Error(`The checker failed:\n${stdout}`);
  const replay = await execute('spin', [...definitions, '-t', '-T', 'cluster.pml'], inFolder);
  return { found: nameOfFailure(replay.stdout), states, seconds, story: storyOf(replay.stdout) };
}

/** The name of the assertion that failed in a run, by its line. */
function nameOfFailure(replay: string): Finding {
  const line = /cluster\.pml:(\d+), Error: assertion violated/.exec(replay)?.[1];
  const failed = readFileSync(source, 'utf8').split('\n')[Number(line) - 1] ?? '';
  const name = FINDINGS.find((property) => failed.includes(`${property}(`));
  if (name === undefined) throw new Error(`The checker found something else:\n${replay}`);
  return name;
}

/** What happened in a run: the lines that the model prints. */
function storyOf(replay: string): string[] {
  const lines = replay.split('\n').map((line) => line.trim());
  const end = lines.findIndex((line) => line.startsWith('spin: cluster.pml:'));
  return lines
    .slice(0, end)
    .filter((line, index) => line !== '' && !line.startsWith('spin: ') && line !== lines[index - 1]);
}

function report({ name, expected }: Case, { found, states, seconds, story }: Result): void {
  const isExpected = found === expected;
  const verdict = isExpected ? found : `${found}, but expected was ${expected}`;
  console.log(
    `${isExpected ? 'ok' : 'NOT OK'}  ${name}: ${verdict} (${states.toLocaleString('en')} states, ${seconds.toFixed(1)} s)`,
  );
  if (found !== 'REACHED' || !isExpected) for (const step of story) console.log(`      ${step}`);
  if (!isExpected) process.exitCode = 1;
}

/** Why the check cannot run; undefined: it can. */
async function missingTool(): Promise<string | undefined> {
  const spin = await execute('spin', ['-V']).catch(() => undefined);
  if (!spin?.stdout.startsWith('Spin Version')) return 'spin, the model checker (spinroot.com), is';
  return (await execute(compiler, ['--version']).catch(() => undefined)) ? undefined : `a C compiler (${compiler}) is`;
}

async function main(words: readonly string[]): Promise<void> {
  const missing = await missingTool();
  const cases = CASES.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (missing !== undefined || cases.length === 0) {
    console.error(
      missing === undefined
        ? `No case has ${words.join(', ')} in its name.`
        : `The model was not checked: ${missing} missing. On Debian and Ubuntu: sudo apt-get install spin gcc`,
    );
    process.exitCode = 1;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'im-test-'));
  const stopping = new AbortController();
  const startedAt = performance.now();
  try {
    const waiting = [...cases.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [number, checked] = next;
        report(checked, await check(checked, join(folder, `${number}`), stopping.signal));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  } finally {
    stopping.abort();
    rmSync(folder, { recursive: true });
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(
    `${process.exitCode === undefined ? 'All as expected' : 'NOT as expected'}: ${cases.length} cases in ${seconds} s.`,
  );
}

await main(process.argv.slice(2));
