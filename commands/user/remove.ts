/** `im user remove`: nobody can be them any more. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags, usersArg } from '../../src/cli/app/flags.js';
import { withAccounts } from '../../src/cli/user/user.js';
import { inline, safe } from '../../src/text/safe-text.js';

export default class UserRemove extends BaseCommand {
  static override summary = 'Remove users';
  static override description =
    'Whoever is connected is logged out. The mailbox stays: a user added again by this name finds it.';
  static override examples = ['<%= config.bin %> <%= command.id %> alice bob'];
  static override args = { names: usersArg('who goes') };
  static override flags = { ...identityFlags, ...serverFlags, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserRemove);
    const output = this.output(flags.json);
    await withAccounts(flags, process.stdin, output, async ({ backend, kept, serverKey }) => {
      await backend.remove(args.names);
      for (const user of args.names) {
        await kept.forget(serverKey, user);
        if (output.json) await output.object({ user, removed: true });
        else output.note(safe`im: removed ${inline(user)}`);
      }
    });
  }
}
