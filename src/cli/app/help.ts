/** The help: what a command is for, then examples, then the rest. */
import { CommandHelp, Help, standardizeIDFromArgv } from '@oclif/core/help';
import { exitCodeLines } from '../errors/exit-codes.js';
import { unknownCommand } from './usage-errors.js';
import { NO_BREAK, usageLine } from './usage-line.js';

class CommandPage extends CommandHelp {
  /** Examples first. */
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const isExamples = ({ header }: { readonly header: string }) => header === 'EXAMPLES';
    return [...sections.filter(isExamples), ...sections.filter((section) => !isExamples(section))];
  }

  /** Each is what is typed after a prompt, whatever program it begins with. */
  protected override examples(examples: Parameters<CommandHelp['examples']>[0]): string {
    return [examples ?? []]
      .flat()
      .map((example) => `$ ${this.render(typeof example === 'string' ? example : example.command)}`)
      .join('\n\n');
  }

  /** Without the summary: it is the first line of the page. */
  protected override description(): string {
    return this.wrap(this.command.description ?? '');
  }

  protected override usage(): string {
    return super.usage().replaceAll(NO_BREAK, ' ');
  }

  protected override defaultUsage(): string {
    return `<%= command.id %> ${usageLine(this.command)}`;
  }
}

export default class ImHelp extends Help {
  protected override CommandHelpClass = CommandPage;

  /** `exit-codes` is a topic without commands; an unknown word gets a suggestion. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'));
    const [id] = standardizeIDFromArgv(words, this.config);
    if (id === 'exit-codes') return this.log(this.section('EXIT CODES', exitCodeLines().join('\n')));
    const known = id === undefined || this.config.findCommand(id) || this.config.findTopic(id);
    if (!known) throw unknownCommand(id, this.config.commandIDs);
    return super.showHelp(words);
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log('im help COMMAND shows one of them; im help exit-codes, how they end.');
  }
}
