/** Runs a shell command with the same input, output and signals as without `im`, and records how it ended. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { systemClock as clock } from '../../io/clock.js';
import { killGroup } from '../async/kill-group.js';
import { Failure } from '../errors/failure.js';
import { OutputFailure } from '../output/output-failure.js';
import { standardTerminals } from '../output/standard-streams.js';
import { OutputTail } from './exec-tail.js';
import { EXEC_REPORT } from './send-limits.js';

export interface ExecRun {
  readonly command: string;
  /** Of the command; 128 + the signal number when a signal ended it, as in a shell. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
  readonly tookMs: number;
  /** stdout and stderr, interleaved as they arrived. */
  readonly output: OutputTail;
  /** The first write of its stdout to the stdout of this process that failed. */
  readonly unwritten: OutputFailure | undefined;
}

const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the command with the standard input of this process; its output is passed through byte by byte. Signals are
 * forwarded and do not end this process, which still has to send the report.
 * @throws Failure when there is no shell.
 */
export function runExec(command: string): Promise<ExecRun> {
  const output = new OutputTail(EXEC_REPORT.maxOutputBytes);
  const startedAt = clock.monotonic();
  return new Promise((resolve, reject) => {
    const isInteractive = standardTerminals().length > 0;
    // Without a terminal it gets a process group, so that a signal reaches the shell and everything it has started.
    const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'pipe'], detached: !isInteractive });
    let unwritten: OutputFailure | undefined;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        output.add(chunk);
        child[name].pause();
        process[name].write(chunk, (error) => {
          if (error && name === 'stdout') unwritten ??= new OutputFailure(error);
          child[name].resume(); // the command goes on without a reader, and the report has the rest
        });
      });
    }
    const forward = (signal: NodeJS.Signals): void => {
      if (isInteractive && signal !== 'SIGINT')
        child.kill(signal); // The terminal sends Ctrl+C to both processes.
      // Without a terminal SIGHUP ends neither of them: `ignoreHangupWithoutTerminal`.
      else if (!isInteractive && signal !== 'SIGHUP') killGroup(child.pid, signal);
    };
    for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
    const stopForwarding = (): void => {
      for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
    };
    child.on('error', (cause) => {
      stopForwarding();
      reject(new Failure('unexpected', 'the command cannot be run', { why: cause.message, cause }));
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      const exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
      const tookMs = clock.monotonic() - startedAt;
      resolve({ command, exitCode, signal: signal ?? undefined, tookMs, output, unwritten });
    });
  });
}
