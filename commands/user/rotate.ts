/** `im user rotate`: makes new tokens; the old ones are worth nothing at once. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { identityFlags, keepFlags, outputFlags, serverFlags, usersArg } from '../../src/cli/app/flags.js';
import { printTokens, withAccounts } from '../../src/cli/user/user.js';

export default class UserRotate extends BaseCommand {
  static override summary = 'Give users new tokens and print them';
  static override description =
    'The old tokens are worth nothing at once, and whoever is connected with one is logged out.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> alice > alice.token',
    '<%= config.bin %> <%= command.id %> alice --keep > /dev/null',
  ];
  static override args = { names: usersArg('whose tokens') };
  static override flags = { ...keepFlags, ...identityFlags, ...serverFlags, ...outputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserRotate);
    const output = this.output(flags.json);
    await withAccounts(flags, process.stdin, output, async (office) => {
      await printTokens(await office.backend.rotate(args.names), office, flags.keep, output);
    });
  }
}
