/** The help of `im`: examples first, one usage line, the exit codes, and suggestions for unknown commands. */
import { CommandHelp, Help, standardizeIDFromArgv } from '@oclif/core/help';
import { exitCodeLines } from '../errors/exit-codes.js';
import { unknownCommand } from './usage-errors.js';
import { flagText, isGlobal, NO_BREAK, usageLine } from './usage-line.js';

/** Global flags that a page still explains. More are only named: `im help global-flags` explains them, once for all commands. */
const MAX_EXPLAINED = 4;

class CommandPage extends CommandHelp {
  /** Puts the examples first. */
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const isExamples = ({ header }: { readonly header: string }) => header === 'EXAMPLES';
    return [...sections.filter(isExamples), ...sections.filter((section) => !isExamples(section))];
  }

  protected override flags(flags: Parameters<CommandHelp['flags']>[0]): ReturnType<CommandHelp['flags']> {
    if (flags.length <= MAX_EXPLAINED || !flags.every(isGlobal)) return super.flags(flags);
    const names = flags.map((flag) => flagText(flag).replaceAll(' ', NO_BREAK)).join(', ');
    // Not a list of pairs, which would be set in two columns.
    return this.wrap(`${names}: im help global-flags explains them`).replaceAll(NO_BREAK, ' ') as never;
  }

  /** All global flags, explained. */
  globalFlags(): string {
    const flags = Object.values(this.command.flags).filter(isGlobal);
    return this.section('GLOBAL FLAGS', super.flags(flags) ?? '');
  }

  /** Each example after a prompt. oclif would put it there only if the example begins with `im`. */
  protected override examples(examples: Parameters<CommandHelp['examples']>[0]): string {
    return [examples ?? []]
      .flat()
      .map((example) => `$ ${this.render(typeof example === 'string' ? example : example.command)}`)
      .join('\n\n');
  }

  /** Without the summary, which is the first line of the page. */
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

/** How to set defaults, for `im help`. */
const PROFILE = `$XDG_CONFIG_HOME/im/profile.json (~/.config/im/profile.json) sets defaults:
{"user":"alice","url":"wss://chat.example","tokenFile":"/home/alice/token"}
Its keys are url, user, data, tokenFile, ca, device, theme, notify, lang, plain,
ascii, ambiguousWidth, mouse, title, historySize and keys. Flags and environment
variables come before it. im config shows and changes it.`;

export default class ImHelp extends Help {
  protected override CommandHelpClass = CommandPage;

  /** `exit-codes` and `global-flags` are topics without commands. @throws Failure `usage` for an unknown command, with a suggestion. */
  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'));
    const [id] = standardizeIDFromArgv(words, this.config);
    if (id === 'exit-codes') return this.log(this.section('EXIT CODES', exitCodeLines().join('\n')));
    if (id === 'global-flags') return this.log(this.#globalFlags());
    const known = id === undefined || this.config.findCommand(id) || this.config.findTopic(id);
    if (!known) throw unknownCommand(id, this.config.commandIDs);
    return super.showHelp(words);
  }

  #globalFlags(): string {
    const command = this.config.findCommand('user:list', { must: true }); // it has all of them, and no others
    return new CommandPage(command, this.config, this.opts).globalFlags();
  }

  /** Without `devices`, which is listed as a command. */
  protected override get sortedTopics() {
    return super.sortedTopics.filter(({ name }) => !this.config.findCommand(name));
  }

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(this.section('PROFILE', PROFILE));
    this.log('');
    this.log('im help COMMAND explains a command; im help exit-codes lists the exit codes;');
    this.log('im help global-flags explains the flags that most commands share.');
    this.log('');
    this.log('New here? im demo shows how it works; then im serve, and im connect NAME in another terminal.');
  }
}
