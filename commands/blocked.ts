/** `im blocked`: lists whom a user blocks. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, userArg } from '../src/cli/app/flags.js';
import { listBlocked } from '../src/cli/senders/senders.js';

export default class Blocked extends BaseCommand {
  static override summary = 'List whom a user blocks';
  static override description = 'Prints one name per line. The list of another user is for operators.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --as alice',
    '<%= config.bin %> <%= command.id %> alice --json | jq -r .name',
  ];
  static override args = { user: userArg({ description: 'whose list; default: yours' }) };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Blocked);
    await listBlocked(args.user, flags, this.output(flags.json));
  }
}
