/** Runs the real `im` as child processes. Tests wait for lines, never for time; every process is killed at the end of its test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** The real `im`. */
export const PROGRAM = join(import.meta.dirname, '../../../bin/run.js');

/** Owns processes and folders: a test, or a whole test file. They are cleaned up at its end. */
export interface Scope {
  after(run: () => Promise<unknown>): void;
}

/** A scope for all tests of a file. Call it at top level: within a hook, `after` would run at the end of the hook. */
export function fileScope(): Scope {
  const ends: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (run) => ends.push(run) };
}

export interface RunOptions {
  /** The environment; only PATH is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to stdin, which is then closed. Without it stdin stays open. */
  readonly input?: string | Uint8Array;
  /** A program other than `im`, such as `sh`. */
  readonly program?: string;
  /** The account, if these tests run as root. */
  readonly uid?: number;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** The first line, past or future, that contains the text or matches. Rejects when the process ends before. */
  line(wanted: string | RegExp, from?: 'stdout' | 'stderr'): Promise<string>;
  readonly finished: Promise<Finished>;
}

/** Tests look what is in a home. Compiled code, which Node would keep there, is of no use: each test begins with an empty one. */
const NO_CACHE = { NODE_DISABLE_COMPILE_CACHE: '1' };

/** The environment of an empty home folder, which is removed at the end of the test. */
export async function makeHome(t: Scope): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));
  return { HOME: home, ...NO_CACHE };
}

/** Starts `im` with these arguments. It is killed at the end of the test. */
export function start(t: Scope, args: readonly string[], options: RunOptions = {}): Running {
  const { env = {}, input, program, uid } = options;
  const account = uid === undefined ? {} : { uid, gid: uid };
  const [file, ...rest] = program === undefined ? [process.execPath, PROGRAM, ...args] : [program, ...args];
  const child = spawn(file as string, rest, {
    env: { PATH: process.env.PATH ?? '', ...NO_CACHE, ...env },
    stdio: 'pipe',
    ...account,
  });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  let ended = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const check of waiting) check();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      ended = true;
      for (const check of waiting) check();
      resolve({ code, signal, ...text });
    });
  });
  child.stdin.on('error', () => {
    // It ended without reading all input: the test looks at its exit code and output.
  });
  if (input !== undefined) child.stdin.end(input);
  t.after(async () => {
    if (!ended) child.kill('SIGKILL');
    await finished;
  });

  function line(wanted: string | RegExp, from: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const lines = text[from].split('\n').slice(0, -1);
        const found = lines.find((one) => (typeof wanted === 'string' ? one.includes(wanted) : wanted.test(one)));
        if (found === undefined && !ended) return;
        waiting.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`ended without ${wanted} on ${from}\n${text.stdout}\n${text.stderr}`));
      };
      waiting.add(check);
      check();
    });
  }
  return { child, line, finished };
}

/** Runs `im` to its end; stdin is empty by default. */
export function im(t: Scope, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(t, args, { input: '', ...options }).finished;
}
