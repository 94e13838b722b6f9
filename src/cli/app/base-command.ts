/** Base class of all commands: creates the output, and turns parser errors into failures. */
import { Command } from '@oclif/core/command';
import { createOutput, type Output } from '../output/output.js';

export abstract class BaseCommand extends Command {
  protected output(json: boolean): Output {
    return createOutput(json, process.stdout, process.stderr);
  }

  /** Prints nothing: `main` prints errors. */
  protected override async catch(error: Error): Promise<never> {
    const { isParserError, usageFailure } = await import('./usage-errors.js'); // loaded only when needed
    throw isParserError(error) ? usageFailure(error, this.id) : error;
  }
}
