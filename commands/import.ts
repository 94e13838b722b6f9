/** `im import`: brings a data folder into a database. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { folderArg } from '../src/cli/app/flags.js';
import { databaseFlags } from '../src/cli/database/database-flags.js';
import { toAbsolute } from '../src/cli/input/typed-path.js';

export default class Import extends BaseCommand {
  static override summary = 'Bring a data folder into a PostgreSQL database, for several servers';
  static override description =
    'For a data folder that no server uses, and a database without users and messages. Everything goes along, tokens and the file operator.token too, so that clients notice nothing: give them the address of the new servers, or let those listen at the old one. The folder is not changed. It is all or nothing: after an interruption, run it again.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /var/lib/im --database postgresql://im@db1,db2,db3/im',
  ];
  static override args = {
    data: folderArg({ description: 'the data folder', required: true }),
  };
  static override flags = databaseFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Import);
    const { importFolder } = await import('../src/cli/backup/import.js');
    await importFolder(toAbsolute(args.data), flags, this.output(flags.json));
  }
}
