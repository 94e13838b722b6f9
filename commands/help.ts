/** `im help`: the list of commands, the help of one command, the exit codes, or the flags that most commands share. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';
import ImHelp from '../src/cli/app/help.js';

export default class HelpCommand extends BaseCommand {
  static override summary = 'Show how to use a command, the exit codes, or the flags that most commands share';
  static override examples = [
    '<%= config.bin %> help send',
    '<%= config.bin %> help exit-codes',
    '<%= config.bin %> help global-flags',
  ];
  static override args = {
    command: string({ description: 'a command, exit-codes or global-flags', multiple: true, ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { argv } = await this.parse(HelpCommand);
    await new ImHelp(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv.map(String));
  }
}
