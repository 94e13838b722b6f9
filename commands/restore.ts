/** `im restore`: makes a data folder from a backup. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { folderArg, outputFlags, serverFlags } from '../src/cli/app/flags.js';
import { restore } from '../src/cli/backup/backup.js';
import { toAbsolute } from '../src/cli/input/typed-path.js';
import { resolveTarget } from '../src/cli/login/target.js';

export default class Restore extends BaseCommand {
  static override summary = 'Make a data folder from a backup';
  static override description =
    'The data folder must not exist, or be empty. Clients notice that the server went back: what they have received is not shown again, every new message is shown once, and messages that the server stored after the backup are reported as failed to their senders.';
  static override examples = ['<%= config.bin %> <%= command.id %> ~/im-2026-01-31 --data ./restored'];
  static override args = {
    backup: folderArg({
      description: 'the folder that im backup made',
      required: true,
    }),
  };
  static override flags = { data: serverFlags.data, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Restore);
    const { data } = await resolveTarget({ data: flags.data });
    await restore(toAbsolute(args.backup), data, this.output(flags.json));
  }
}
