/** `im user remove`: removes users, ends their sessions and deletes their stored tokens. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, usersArg } from '../../src/cli/app/flags.js';
import { withAccounts } from '../../src/cli/user/user.js';
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
    await withAccounts(flags, output, async ({ backend, tokens, serverKey }) => {
      await backend.remove(args.names);
      for (const user of args.names) {
        await tokens.remove(serverKey, user);
        if (output.json)
          await Promise.allSettled([output.object({ user, removed: true })]); // the next one goes, too
        else output.note(safe`im: removed ${inline(user)}`);
      }
    });
  }
}
