/** `im database migrate`: creates the tables, or brings them up to date. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { databaseFlags } from '../../src/cli/database/database-flags.js';

export default class DatabaseMigrate extends BaseCommand {
  static override summary = 'Create the tables of a PostgreSQL database, or bring them up to date';
  static override description =
    'im serve does so itself when it starts. This is for those whose servers have a role that may not change tables. Servers go on while it runs; where one is too old for the new tables, nothing is changed.';
  static override examples = ['<%= config.bin %> <%= command.id %> --database postgresql://im@db.example.com/im'];
  static override flags = databaseFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(DatabaseMigrate);
    const { migrateDatabase } = await import('../../src/cli/database/database-commands.js');
    await migrateDatabase(flags, this.output(flags.json));
  }
}
