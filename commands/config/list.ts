/** `im config list`: lists the settings. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { outputFlags } from '../../src/cli/app/flags.js';
import { listSettings } from '../../src/cli/config/config.js';

export default class ConfigList extends BaseCommand {
  static override summary = 'List all settings: their values, where these come from, and what they mean';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq -r .key',
  ];
  static override flags = outputFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigList);
    await listSettings(this.output(flags.json));
  }
}
