/** `im user remove`: removes users, ends their sessions and deletes their stored tokens. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, exportFile, usersArg, withoutDuplicates } from '../../src/cli/app/flags.js';
import { exportUndelivered } from '../../src/cli/user/export-undelivered.js';
import { removeUsers, withAccounts } from '../../src/cli/user/user.js';
import { inline, plural, safe } from '../../src/text/safe-text.js';

export default class UserRemove extends BaseCommand {
  static override summary = 'Remove users';
  static override description =
    'Their sessions are logged out at once, and their mailboxes are emptied: the senders of undelivered messages are notified that they failed. A user who is added again starts with an empty mailbox.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> alice bob',
    '<%= config.bin %> <%= command.id %> bob --export bob.jsonl',
  ];
  static override args = { names: usersArg('users to remove') };
  static override flags = {
    export: exportFile({
      description: 'first write their undelivered messages to this new file; im replay --file puts them back',
      helpValue: 'FILE',
      env: 'IM_USER_REMOVE_EXPORT',
    }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserRemove);
    const names = withoutDuplicates(args.names);
    const output = this.output(flags.json);
    if (flags.export !== undefined) await exportUndelivered(names, flags.export, flags, output);
    await withAccounts(flags, output, (admin) =>
      removeUsers(names, admin, async (user, undelivered) => {
        // What cannot be printed is removed nevertheless, and so is the next one.
        if (output.json) await Promise.allSettled([output.object({ user, removed: true, undelivered })]);
        else if (undelivered === 0) output.note(safe`im: removed ${inline(user)}`);
        else output.note(safe`im: removed ${inline(user)}, with ${plural(undelivered, 'undelivered message')}`);
      }),
    );
  }
}
