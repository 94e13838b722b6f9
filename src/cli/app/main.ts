/** Entry point of the process: decides about colours, runs the command, prints its error and sets the exit code. */
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../io/clock.js';
import { exitCode } from '../errors/exit-codes.js';
import { applyColorChoice } from '../output/color.js';
import { createOutput, endOnBrokenPipe } from '../output/output.js';

/**
 * Runs the command in process.argv and exits with its exit code once all output is written.
 * @param root file URL of a file in the package that contains the commands.
 */
export async function main(root: string): Promise<void> {
  const { stdout, stderr } = process;
  endOnBrokenPipe(stdout, stderr);
  applyColorChoice(process);
  process.once('uncaughtException', (thrown) => report(thrown).then(exitWith));
  // Imported late: colour libraries check FORCE_COLOR when they load.
  const { run } = await import('@oclif/core/run');
  exitWith(
    await run(process.argv.slice(2), { root: fileURLToPath(root), userPlugins: false }).then(
      () => exitCode('done'),
      report,
    ),
  );
}

/** Prints an error; nothing else does. Returns the exit code. */
async function report(thrown: unknown): Promise<number> {
  if (isExit(thrown)) return thrown.oclif.exit;
  const { failureLines, toFailure } = await import('./error-report.js'); // loaded only when needed
  const failure = toFailure(thrown);
  const output = createOutput(false, process.stdout, process.stderr);
  for (const line of failureLines(failure, process.env.DEBUG)) output.note(line);
  return exitCode(failure.exit);
}

/** Deferred, since the output of this turn is flushed at its end; then waits until stdout is written. */
function exitWith(code: number): void {
  systemClock.defer(() => process.stdout.write('', () => process.exit(code)));
}

/** What oclif's `exit()` throws: an exit code without a message. */
const isExit = (thrown: unknown): thrown is { readonly oclif: { readonly exit: number } } =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
