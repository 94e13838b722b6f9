/** `im user rotate`: issues new tokens; all old ones stop working at once. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, keepFlags, usersArg, withoutDuplicates } from '../../src/cli/app/flags.js';
import { issueTokens, withAccounts } from '../../src/cli/user/user.js';

export default class UserRotate extends BaseCommand {
  static override summary = 'Give users new tokens and print them';
  static override description =
    'All their old tokens stop working at once, also those of im user token, and their sessions are logged out. To replace one token only: im user token revoke, then im user token add.';
  static override examples = [
    '(umask 077; <%= config.bin %> <%= command.id %> alice > alice.token)',
    '<%= config.bin %> <%= command.id %> alice --keep > /dev/null',
  ];
  static override args = { names: usersArg('users who get a new token') };
  static override flags = { ...keepFlags, ...commonFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserRotate);
    const names = withoutDuplicates(args.names);
    const output = this.output(flags.json);
    await withAccounts(flags, output, async (admin) => {
      const keep = flags.keep ? 'yes' : 'replace';
      await issueTokens(names, admin, keep, output, () => admin.backend.rotate(names));
    });
  }
}
