/** What every command does the same way: how it fails. */
import { Command } from '@oclif/core/command';
import { isParserError, wrongWords } from './usage.js';

export abstract class BaseCommand extends Command {
  /** Errors are printed in one place: where the process ends. */
  protected override async catch(error: Error): Promise<never> {
    throw isParserError(error) ? wrongWords(error, this.id) : error;
  }
}
