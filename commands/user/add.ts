/** `im user add`: adds users and prints their tokens. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, keepFlags, usersArg, withoutDuplicates } from '../../src/cli/app/flags.js';
import { issueTokens, withAccounts } from '../../src/cli/user/user.js';

export default class UserAdd extends BaseCommand {
  static override summary = 'Add users and print their tokens';
  static override description =
    'Prints one token per line. It cannot be shown again: the server stores only a hash. The umask in the example keeps the file private. From another machine, an operator is needed: operator.token in the data folder is the token of the user operator.';
  static override examples = [
    '(umask 077; <%= config.bin %> <%= command.id %> alice > alice.token)',
    '<%= config.bin %> <%= command.id %> alice bob --keep --json',
    '<%= config.bin %> <%= command.id %> carol --url wss://chat.example --as operator --token-file operator.token',
  ];
  static override args = { names: usersArg('names of the new users') };
  static override flags = {
    operator: boolean({ description: 'make them operators, who may manage users and queues', env: 'IM_USER_OPERATOR' }),
    ...keepFlags,
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserAdd);
    const names = withoutDuplicates(args.names);
    const output = this.output(flags.json);
    const work: Parameters<typeof withAccounts>[2] = async (admin) => {
      const add = () => admin.backend.add(names, flags.operator ? 'operator' : 'user');
      await issueTokens(names, admin, flags.keep ? 'yes' : 'replace', output, add);
    };
    await withAccounts(flags, output, work, true);
  }
}
