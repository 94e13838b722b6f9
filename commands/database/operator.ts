/** `im database operator`: gives the operator of a database a token. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { databaseFlags } from '../../src/cli/database/database-flags.js';

export default class DatabaseOperator extends BaseCommand {
  static override summary = 'Give the operator of a PostgreSQL database a new token, and print it';
  static override description =
    'The user operator is made if there is none: the first one of a new database. Old tokens of it stop working. With the token, im user add --url makes the other users. It cannot be shown again; the umask in the example keeps the file private.';
  static override examples = [
    '(umask 077; <%= config.bin %> <%= command.id %> --database postgresql://im@db.example.com/im > operator.token)',
  ];
  static override flags = databaseFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(DatabaseOperator);
    const { giveOperatorToken } = await import('../../src/cli/database/database-commands.js');
    await giveOperatorToken(flags, this.output(flags.json));
  }
}
