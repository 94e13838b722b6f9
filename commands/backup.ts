/** `im backup`: copies the data folder, beside a running server or without one. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { folderArg, outputFlags, serverFlags } from '../src/cli/app/flags.js';
import { backup } from '../src/cli/backup/backup.js';
import { toAbsolute } from '../src/cli/input/typed-path.js';
import { resolveTarget } from '../src/cli/login/target.js';

export default class Backup extends BaseCommand {
  static override summary = 'Copy the data folder as it is at this moment, also while its server runs';
  static override description =
    'The copy has everything that was acknowledged before the command began. It is verified, and contains tokens: keep it as private as the data folder. im restore makes a data folder from it; im inspect-queue --data shows what is in it.';
  static override examples = ['<%= config.bin %> <%= command.id %> ~/im-$(date +%F)'];
  static override args = {
    dir: folderArg({ description: 'the folder to create', required: true }),
  };
  static override flags = { data: serverFlags.data, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Backup);
    const { data } = await resolveTarget({ data: flags.data });
    await backup(data, toAbsolute(args.dir), this.output(flags.json));
  }
}
