/** Runs a command line in a shell, waits for lines of its output (never for time), and leaves no process behind. */
import { spawn } from 'node:child_process';
import type { Scope } from '../harness/process.js';

export interface ShellOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether standard input is a pipe that `type` writes to; otherwise it is empty. */
  readonly isTyped?: boolean;
}

export interface Ended {
  readonly code: number | null;
  /** Lines of stdout and stderr, in their order. */
  readonly lines: readonly string[];
}

export interface Job {
  /** Resolves when a matching line was printed after the previous match. Rejects when the command ends without one. */
  line(matches: (line: string) => boolean): Promise<void>;
  type(line: string): void;
  readonly ended: Promise<Ended>;
  /** Kills the command and all processes that it has started. */
  end(): Promise<void>;
}

/** Starts `sh` with this command line, in a process group of its own. */
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
    line: (matches) =>
      new Promise((resolve, reject) => {
        const again = () => {
          const lines = linesOf();
          const found = lines.findIndex((line, index) => index >= seen && matches(line));
          if (found === -1 && !hasEnded) return;
          waiting.delete(again);
          if (found === -1) return reject(new Error(`ended without the line: ${command}\n${printed}`));
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
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // All of them have ended already.
  }
}
