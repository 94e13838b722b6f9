/** `im user list`: prints all users. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags } from '../../src/cli/app/flags.js';
import { withAccounts } from '../../src/cli/user/user.js';
import { inline, safe } from '../../src/text/safe-text.js';

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
    const output = this.output(flags.json);
    await withAccounts(flags, output, async ({ backend }) => {
      const accounts = await backend.list();
      // On a terminal no output at all would look like a failure.
      if (accounts.length === 0 && output.columns !== undefined) output.note(safe`im: no users yet: im user add NAME`);
      for (const { user, role, at } of accounts) {
        const added = new Date(at).toISOString();
        await (output.json ? output.object({ user, role, at }) : output.line(inline(`${user} ${role} ${added}`)));
      }
    });
  }
}
