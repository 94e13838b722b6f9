/** The help: what a command is for, then examples, then the rest. */
import { CommandHelp, Help, standardizeIDFromArgv } from '@oclif/core/help';
import { exitCodeLines } from './exit-codes.js';
import { unknownCommand } from './usage.js';

class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const isExamples = ({ header }: { readonly header: string }) => header === 'EXAMPLES';
    return [...sections.filter(isExamples), ...sections.filter((section) => !isExamples(section))];
  }
}

export default class ImHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;

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
