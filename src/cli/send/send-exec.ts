/** `im send --exec`: runs a command, sends what became of it, and ends as the command did. */
import type { Clock } from '../../io/clock.js';
import type { Output } from '../output/output.js';
import { execReport } from './exec-report.js';
import { runExec, type Terminal } from './exec-run.js';

interface SendExecPorts {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly clock: Clock;
}

/**
 * Resolves with the exit code of the command. When it failed and that could not be sent, that is said on stderr: whoever ran
 * it has to learn of the command first.
 * @param send what becomes of the message. @throws what it throws when the command succeeded
 */
export async function sendExec(
  command: string,
  send: (body: string) => Promise<void>,
  { terminal, output, clock }: SendExecPorts,
): Promise<number> {
  const run = await runExec(command, terminal, clock);
  try {
    await send(execReport(run));
  } catch (error) {
    if (run.exitCode === 0) throw error;
    const { failureLines, toFailure } = await import('../app/error-report.js');
    for (const line of failureLines(toFailure(error), process.env.DEBUG)) output.note(line);
  }
  return run.exitCode;
}
