/** Runs a command of the user's in the shell as if `im` were not there, and remembers how it went. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { Clock } from '../../io/clock.js';
import { Failure } from '../errors/failure.js';
import { OutputTail } from './exec-tail.js';
import { EXEC_REPORT } from './send-limits.js';

export interface ExecRun {
  readonly command: string;
  /** That of the command; 128 and the number of the signal that ended it, as shells have it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  readonly tookMs: number;
  /** Of its stdout and stderr, as they came. */
  readonly output: OutputTail;
}

/** Where a command prints, and whether somebody sits there. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs it with the standard input of this process. What it prints goes where this process prints, byte for byte. Signals that
 * are meant for it end it, not this process: what became of it can be said then.
 * @throws Failure when there is no shell.
 */
export function runExec(command: string, terminal: Terminal, clock: Clock): Promise<ExecRun> {
  const output = new OutputTail(EXEC_REPORT.maxOutputBytes);
  const startedAt = clock.monotonic();
  return new Promise((resolve, reject) => {
    const isTyped = terminal.stdout.isTTY || terminal.stderr.isTTY || isatty(0);
    // Elsewhere in a group of its own: then a signal reaches all that the shell has started, and not only the shell.
    const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'pipe'], detached: !isTyped });
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => output.add(chunk));
      child[name].pipe(terminal[name], { end: false });
    }
    const passOn = (signal: NodeJS.Signals): void => {
      if (!isTyped) killGroup(child.pid, signal);
      else if (signal !== 'SIGINT') child.kill(signal); // Ctrl+C goes from the terminal to both.
    };
    for (const signal of PASSED_ON) process.on(signal, passOn);
    const ended = (): void => {
      for (const signal of PASSED_ON) process.off(signal, passOn);
    };
    child.on('error', (cause) => {
      ended();
      reject(new Failure('unexpected', 'the command cannot be run', { why: cause.message, cause }));
    });
    child.on('close', (code, signal) => {
      ended();
      const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
      resolve({ command, exitCode, signal: signal ?? undefined, tookMs: clock.monotonic() - startedAt, output });
    });
  });
}

function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return; // It could not be started.
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // They have ended already.
  }
}
