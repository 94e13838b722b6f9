/** Where a command line begins and ends: colours, broken pipes, and what an error looks like. */
import { settleColours } from './colour.js';
import { exitCode } from './exit-codes.js';
import { describe, explain } from './explain.js';
import { createOutput, endOnBrokenPipe } from './output.js';

/**
 * Runs the command in process.argv. The process ends with its exit code when nothing is left to do.
 * @param root file URL of the program, inside the package whose commands are run.
 */
export async function main(root: string): Promise<void> {
  const { stdout, stderr } = process;
  endOnBrokenPipe(stdout, stderr);
  settleColours(process.env, Boolean(stdout.isTTY && stderr.isTTY));
  process.on('uncaughtException', fail);
  // Not earlier: the libraries that colour decide when they are loaded.
  const { run } = await import('@oclif/core/run');
  await run(process.argv.slice(2), root).catch(fail);
}

/** The one place where errors are printed. */
function fail(thrown: unknown): never {
  if (isExit(thrown)) process.exit(thrown.oclif.exit);
  const failure = explain(thrown);
  const output = createOutput(false, process.stdout, process.stderr);
  for (const line of describe(failure, process.env.DEBUG)) output.note(line);
  process.exit(exitCode(failure.exit));
}

/** What oclif throws to end with a code and without a word. */
const isExit = (thrown: unknown): thrown is { readonly oclif: { readonly exit: number } } =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT' && 'oclif' in thrown;
