/** `im user remove`: removes users, ends their sessions and deletes their stored tokens. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, usersArg } from '../../src/cli/app/flags.js';
import { removeUsers, withAccounts } from '../../src/cli/user/user.js';
import { inline, safe } from '../../src/text/safe-text.js';

export default class UserRemove extends BaseCommand {
  static override summary = 'Remove users';
  static override description =
    'Their sessions are logged out at once. Their mailboxes stay: a user who is added again gets the old mailbox.';
  static override examples = ['<%= config.bin %> <%= command.id %> alice bob'];
  static override args = { names: usersArg('users to remove') };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserRemove);
    const output = this.output(flags.json);
    await withAccounts(flags, output, (admin) =>
      removeUsers(args.names, admin, (user) =>
        output.json ? output.object({ user, removed: true }) : output.note(safe`im: removed ${inline(user)}`),
      ),
    );
  }
}
