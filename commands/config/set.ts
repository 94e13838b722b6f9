/** `im config set`: makes a setting stay. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { outputFlags } from '../../src/cli/app/flags.js';
import { setSetting } from '../../src/cli/config/config.js';

export default class ConfigSet extends BaseCommand {
  static override summary = 'Make a setting stay';
  static override description =
    `It holds for every command of your account on this machine, unless a flag or an environment variable says something else. The settings are in profile.json (im config path), as one JSON object.

keys.ACTION are the keys of the chat: im config get keys lists the actions. Several keys are separated by commas; the value none takes them away.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> user alice',
    '<%= config.bin %> <%= command.id %> notify desktop',
    '<%= config.bin %> <%= command.id %> keys.search alt+s',
  ];
  static override args = {
    key: string({ description: 'its name: see im config list', required: true, ignoreStdin: true }),
    value: string({ description: 'its value', required: true, ignoreStdin: true }),
  };
  static override flags = outputFlags;

  async run(): Promise<void> {
    const { args } = await this.parse(ConfigSet);
    await setSetting(args.key, args.value);
  }
}
