/** `im config unset`: takes a setting away. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { outputFlags } from '../../src/cli/app/flags.js';
import { unsetSetting } from '../../src/cli/config/config.js';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'Take a setting away: its default holds again';
  static override examples = ['<%= config.bin %> <%= command.id %> notify'];
  static override args = {
    key: string({ description: 'its name: see im config list', required: true, ignoreStdin: true }),
  };
  static override flags = outputFlags;

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigUnset);
    await unsetSetting(args.key);
  }
}
