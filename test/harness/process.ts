/** Runs the real `im` in processes of its own: waits for lines, never for time, and leaves nothing behind. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** The real `im`. */
export const PROGRAM = join(import.meta.dirname, '../../../bin/run.js');

/** What ends with its owner: a test, or a whole file of tests. */
export interface Scope {
  after(run: () => Promise<unknown>): void;
}

/** A scope for all tests of a file. To be made at its top level: in a hook, `after` would mean the end of the hook. */
export function fileScope(): Scope {
  const ends: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (run) => ends.push(run) };
}

export interface RunOptions {
  /** The whole environment; nothing is inherited but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to stdin, which is then ended. Without it stdin stays open. */
  readonly input?: string | Uint8Array;
  /** Another program than `im`, such as `sh`. */
  readonly program?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** The first line, among all that came and will come, in which this is found. Fails when the process ends before. */
  line(wanted: string | RegExp, from?: 'stdout' | 'stderr'): Promise<string>;
  readonly finished: Promise<Finished>;
}

/** An empty home with all that XDG knows, gone when the test ends. */
export async function makeHome(t: Scope): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));
  return { HOME: home };
}

/** Starts `im` with these words. It is killed when the test ends, if it has not ended by then. */
export function start(t: Scope, words: readonly string[], options: RunOptions = {}): Running {
  const { env = {}, input, program } = options;
  const [file, ...rest] = program === undefined ? [process.execPath, PROGRAM, ...words] : [program, ...words];
  const child = spawn(file as string, rest, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: 'pipe' });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  let ended = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const look of waiting) look();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      ended = true;
      for (const look of waiting) look();
      resolve({ code, signal, ...text });
    });
  });
  child.stdin.on('error', () => {
    // It ended without reading all: its exit code and its words say what the test wants to know.
  });
  if (input !== undefined) child.stdin.end(input);
  t.after(async () => {
    if (!ended) child.kill('SIGKILL');
    await finished;
  });

  function line(wanted: string | RegExp, from: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const lines = text[from].split('\n').slice(0, -1);
        const found = lines.find((one) => (typeof wanted === 'string' ? one.includes(wanted) : wanted.test(one)));
        if (found === undefined && !ended) return;
        waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`ended without ${wanted} on ${from}\n${text.stdout}\n${text.stderr}`));
      };
      waiting.add(look);
      look();
    });
  }
  return { child, line, finished };
}

/** Runs `im` to its end, with nothing on stdin unless given. */
export function im(t: Scope, words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(t, words, { input: '', ...options }).finished;
}
