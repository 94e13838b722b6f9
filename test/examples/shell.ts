/** Runs what a person would type into a shell: waits for what it prints, never for time, and leaves no process behind. */
import { spawn } from 'node:child_process';
import type { Scope } from '../harness/process.js';

export interface ShellOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether somebody types; else there is nothing to read. */
  readonly isTyped?: boolean;
}

export interface Ended {
  readonly code: number | null;
  /** What was printed on both streams, in its order, without what ends the last line. */
  readonly lines: readonly string[];
}

export interface Job {
  /** Resolves when a line is printed, after all that were awaited before, that is wanted. Rejects when none will be. */
  line(wanted: (line: string) => boolean): Promise<void>;
  type(line: string): void;
  readonly ended: Promise<Ended>;
  /** Ends it, and all that it has started. */
  end(): Promise<void>;
}

/** @param command a line for `sh`, in a process group of its own. */
export function begin(t: Scope, command: string, { folder, env, isTyped = false }: ShellOptions): Job {
  const child = spawn('sh', ['-c', `exec 2>&1\n${command}`], {
    cwd: folder,
    env,
    detached: true,
    stdio: [isTyped ? 'pipe' : 'ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  let seen = 0;
  let hasEnded = false;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const again of waiting) again();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    look();
  });
  const linesOf = (): string[] => printed.split('\n').slice(0, -1);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      hasEnded = true;
      if (!printed.endsWith('\n') && printed !== '') printed += '\n';
      look();
      resolve({ code, lines: linesOf() });
    });
  });

  async function end(): Promise<void> {
    if (!hasEnded && child.pid !== undefined) endGroup(child.pid);
    await ended;
  }
  t.after(end);

  return {
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const again = () => {
          const lines = linesOf();
          const found = lines.findIndex((line, index) => index >= seen && wanted(line));
          if (found === -1 && !hasEnded) return;
          waiting.delete(again);
          if (found === -1) return reject(new Error(`ended without it: ${command}\n${printed}`));
          seen = found + 1;
          resolve();
        };
        waiting.add(again);
        again();
      }),
    type: (line) => child.stdin?.write(`${line}\n`),
    ended,
    end,
  };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It is ending right now.
  }
}
