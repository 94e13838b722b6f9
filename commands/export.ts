/** `im export`: makes a data folder from a database. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { folderArg } from '../src/cli/app/flags.js';
import { databaseFlags } from '../src/cli/database/database-flags.js';
import { toAbsolute } from '../src/cli/input/typed-path.js';

export default class Export extends BaseCommand {
  static override summary = 'Make a data folder from a PostgreSQL database: the way back from im import';
  static override description =
    `No server may use the database, which is not changed. Clients notice nothing when a server starts on the folder. An export that was killed leaves a folder that no server opens: delete it.

The database has only hashes of tokens. Put the old operator.token into the folder before the first im serve; otherwise that makes a new one, and other tokens of the user operator stop working.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> /var/lib/im.new --database postgresql://im@db1,db2,db3/im',
  ];
  static override args = {
    dir: folderArg({
      description: 'the data folder to make: it does not exist, or is empty',
      required: true,
    }),
  };
  static override flags = databaseFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Export);
    const { exportFolder } = await import('../src/cli/backup/export.js');
    await exportFolder(toAbsolute(args.dir), flags, this.output(flags.json));
  }
}
