/** `im user add`: makes users and prints their tokens, once. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { identityFlags, keepFlags, outputFlags, serverFlags, usersArg } from '../../src/cli/app/flags.js';
import { printTokens, withAccounts } from '../../src/cli/user/user.js';

export default class UserAdd extends BaseCommand {
  static override summary = 'Add users and print their tokens';
  static override description = 'Prints each token alone on a line, once: only its hash is stored.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> alice > alice.token',
    '<%= config.bin %> <%= command.id %> alice bob --keep --json',
    '<%= config.bin %> <%= command.id %> carol --url wss://chat.example --as root --token-file root.token',
  ];
  static override args = { names: usersArg('who is new') };
  static override flags = {
    operator: boolean({ description: 'they may add and remove users themselves', env: 'IM_USER_OPERATOR' }),
    ...keepFlags,
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserAdd);
    const output = this.output(flags.json);
    await withAccounts(flags, process.stdin, output, async (office) => {
      const issued = await office.backend.add(args.names, flags.operator ? 'operator' : 'user');
      await printTokens(issued, office, flags.keep, output);
    });
  }
}
