/** `im database check`: whether a database keeps the promise, and which servers use it. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { databaseFlags } from '../../src/cli/database/database-flags.js';
import { exitCode } from '../../src/cli/errors/exit-codes.js';

export default class DatabaseCheck extends BaseCommand {
  static override summary = 'Check a PostgreSQL database and its standbys, and list the servers that use it';
  static override description =
    'Prints one line for each check: ok, warning or problem. It checks each host, the settings that decide whether what is stored can be lost, the standbys, how long a commit takes, and the schema. It changes nothing. What cannot be seen from the database, such as synchronous_mode_strict of Patroni, is in docs/cluster.md. Exits with 3 if the database cannot be reached, with 8 if there is another problem.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --database postgresql://im@db1,db2,db3/im',
    '<%= config.bin %> <%= command.id %> --json | jq -r .state',
  ];
  static override flags = databaseFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(DatabaseCheck);
    const [{ runChecks }, { databaseChecks }] = await Promise.all([
      import('../../src/cli/doctor/doctor.js'),
      import('../../src/cli/doctor/doctor-database.js'),
    ]);
    this.exit(exitCode(await runChecks(databaseChecks(flags), this.output(flags.json))));
  }
}
