/** Where a command line begins and ends: colours, broken pipes, and what an error looks like. */
import { systemClock } from '../../io/clock.js';
import { exitCode } from '../errors/exit-codes.js';
import { applyColorChoice } from '../output/color.js';
import { createOutput, endOnBrokenPipe } from '../output/output.js';

/**
 * Runs the command in process.argv and ends the process with its exit code, when all that it said is written.
 * @param root file URL of the program, inside the package whose commands are run.
 */
export async function main(root: string): Promise<void> {
  const { stdout, stderr } = process;
  endOnBrokenPipe(stdout, stderr);
  applyColorChoice(process.env, Boolean(stdout.isTTY && stderr.isTTY));
  process.once('uncaughtException', (thrown) => report(thrown).then(endWith));
  // Not earlier: the libraries that colour decide when they are loaded.
  const { run } = await import('@oclif/core/run');
  endWith(await run(process.argv.slice(2), root).then(() => exitCode('done'), report));
}

/** The one place where errors are printed. Returns the exit code. What explains them is loaded only then. */
async function report(thrown: unknown): Promise<number> {
  if (isExit(thrown)) return thrown.oclif.exit;
  const { failureLines, toFailure } = await import('./error-report.js');
  const failure = toFailure(thrown);
  const output = createOutput(false, process.stdout, process.stderr);
  for (const line of failureLines(failure, process.env.DEBUG)) output.note(line);
  return exitCode(failure.exit);
}

/** In the turn after this one, since what was said in this one leaves at its end. */
function endWith(code: number): void {
  systemClock.defer(() => process.stdout.write('', () => process.exit(code)));
}

/** What oclif throws to end with a code and without a word. */
const isExit = (thrown: unknown): thrown is { readonly oclif: { readonly exit: number } } =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
