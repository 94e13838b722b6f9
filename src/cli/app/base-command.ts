/** Base class of all commands: creates the output, reads arguments and environment, and turns parser errors into failures. */
import { Command } from '@oclif/core/command';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import { checkUtf8, removeLineEnds } from '../input/process-text.js';
import { createOutput, type Output } from '../output/output.js';

/** The variables that are read, besides those of the flags. */
const VARIABLES = ['IM_TOKEN', 'HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME'];

/** The values of flags or arguments, by name. */
type Values = Record<string, unknown>;

export abstract class BaseCommand extends Command {
  protected output(json: boolean): Output {
    return createOutput(json, process.stdout, process.stderr);
  }

  /** @throws Failure `usage` for text that is not UTF-8; errors of oclif's parser. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options: Input<F, B, A>,
  ): Promise<ParserOutput<F, B, A>> {
    const flags = Object.entries(options.flags ?? {});
    const variables = [...VARIABLES, ...flags.flatMap(([, { env }]) => env ?? [])];
    removeLineEnds(process.env, variables);
    checkUtf8(variables);
    const parsed = await super.parse(options);
    const values: Values = parsed.flags;
    for (const [name, flag] of flags) {
      // oclif gives the value of a repeatable flag as it is, not in a list, if it comes from the environment.
      if ('multiple' in flag && flag.multiple && typeof values[name] === 'string') values[name] = [values[name]];
    }
    return parsed;
  }

  /** Prints nothing: `main` prints errors. */
  protected override async catch(error: Error): Promise<never> {
    const { isParserError, usageFailure } = await import('./usage-errors.js'); // loaded only when needed
    throw isParserError(error) ? usageFailure(error, this.id) : error;
  }
}
