/** `im send --exec`: runs a command, sends a report on it, and ends with its exit code. */
import type { Output } from '../output/output.js';
import { execReport } from './exec-report.js';
import { runExec } from './exec-run.js';

/**
 * Resolves with the exit code of the command. If the command fails and the report cannot be sent, the error of sending is
 * only printed on stderr: the failure of the command matters more.
 * @param send sends the report.
 * @throws what `send` throws, if the command succeeded; OutputFailure if then only its output could not be passed through.
 */
export async function sendExec(
  command: string,
  send: (body: string) => Promise<void>,
  output: Output,
): Promise<number> {
  const run = await runExec(command);
  try {
    await send(execReport(run));
  } catch (error) {
    if (run.exitCode === 0) throw error;
    const { failureLines, toFailure } = await import('../app/error-report.js');
    for (const line of failureLines(toFailure(error), process.env.DEBUG)) output.note(line);
  }
  if (run.exitCode === 0 && run.unwritten && !run.unwritten.isClosed) throw run.unwritten;
  return run.exitCode;
}
