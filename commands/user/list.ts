/** `im user list`: prints all users. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags } from '../../src/cli/app/flags.js';
import { listUsers } from '../../src/cli/user/user.js';

export default class UserList extends BaseCommand {
  static override summary = 'List the users';
  static override description = 'Prints one user per line: name, role, and when the user was added.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq -r .user',
  ];
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(UserList);
    await listUsers(flags, this.output(flags.json));
  }
}
