/** `im config path`: prints where the settings are. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { outputFlags } from '../../src/cli/app/flags.js';
import { configPath } from '../../src/cli/config/config.js';
import { inline } from '../../src/text/safe-text.js';

export default class ConfigPath extends BaseCommand {
  static override summary = 'Print where the settings are';
  static override examples = ['<%= config.bin %> <%= command.id %>'];
  static override flags = outputFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigPath);
    const output = this.output(flags.json);
    const path = configPath();
    await (output.json ? output.object({ path }) : output.line(inline(path)));
  }
}
