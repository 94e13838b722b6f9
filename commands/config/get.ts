/** `im config get`: prints a setting. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { outputFlags } from '../../src/cli/app/flags.js';
import { getSetting } from '../../src/cli/config/config.js';

export default class ConfigGet extends BaseCommand {
  static override summary = 'Print a setting, as it holds for a command without flags';
  static override description = 'It prints nothing if the setting has no value.';
  static override examples = ['<%= config.bin %> <%= command.id %> theme'];
  static override args = {
    key: string({ description: 'its name: see im config list', required: true, ignoreStdin: true }),
  };
  static override flags = outputFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigGet);
    await getSetting(args.key, this.output(flags.json));
  }
}
