/** What every command does the same way: how it prints, and how it fails. */
import { Command } from '@oclif/core/command';
import { createOutput, type Output } from '../output/output.js';

export abstract class BaseCommand extends Command {
  protected output(json: boolean): Output {
    return createOutput(json, process.stdout, process.stderr);
  }

  /** Errors are printed in one place: where the process ends. */
  protected override async catch(error: Error): Promise<never> {
    const { isParserError, usageFailure } = await import('./usage-errors.js'); // Not loaded while all goes well.
    throw isParserError(error) ? usageFailure(error, this.id) : error;
  }
}
