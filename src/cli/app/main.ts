/** Entry point of the process: decides about colours, runs the command, prints its error and sets the exit code. */
import { fileURLToPath } from 'node:url';
import { exitCode } from '../errors/exit-codes.js';
import { applyColorChoice } from '../output/color.js';
import { createOutput } from '../output/output.js';
import { isClosedOutput } from '../output/output-failure.js';
import { StandardStreams } from '../output/standard-streams.js';
import { ignoreHangupWithoutTerminal } from './signals.js';

/**
 * Runs the command in process.argv and exits with its exit code once all output is written.
 * @param root file URL of a file in the package that contains the commands.
 */
export async function main(root: string): Promise<void> {
  const streams = new StandardStreams(process);
  ignoreHangupWithoutTerminal();
  applyColorChoice(process);
  const exitWith = (code: number): Promise<never> => streams.end().then(() => process.exit(code));
  let isEnding = false;
  process.on('uncaughtException', (thrown) => {
    if (isEnding || streams.isOurs(thrown)) return;
    isEnding = true;
    report(thrown).then(exitWith);
  });
  // Imported late: colour libraries check FORCE_COLOR when they load.
  const { run } = await import('@oclif/core/run');
  /** A command that chooses its exit code has looked at its writes itself. For the others, and oclif's own output: */
  const done = async (): Promise<number> => {
    const failure = await streams.stdoutFailure();
    return failure ? report(failure) : exitCode('done');
  };
  await exitWith(
    await run(process.argv.slice(2), { root: fileURLToPath(root), userPlugins: false }).then(done, report),
  );
}

/** Prints an error; nothing else does. Returns the exit code. */
async function report(thrown: unknown): Promise<number> {
  if (isExit(thrown)) return thrown.oclif.exit;
  if (isClosedOutput(thrown)) return exitCode(thrown.exit);
  const { failureLines, toFailure } = await import('./error-report.js'); // loaded only when needed
  const failure = toFailure(thrown);
  const output = createOutput(false, process.stdout, process.stderr);
  for (const line of failureLines(failure, process.env.DEBUG)) output.note(line);
  return exitCode(failure.exit);
}

/** What oclif's `exit()` throws: an exit code without a message. */
const isExit = (thrown: unknown): thrown is { readonly oclif: { readonly exit: number } } =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
