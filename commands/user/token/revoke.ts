/** `im user token revoke`: takes one token away. */
import { BaseCommand } from '../../../src/cli/app/base-command.js';
import { commonFlags, tokenArg, userArg } from '../../../src/cli/app/flags.js';
import { revokeToken } from '../../../src/cli/user/user-tokens.js';

export default class UserTokenRevoke extends BaseCommand {
  static override summary = 'Take one token of a user away';
  static override description =
    'It stops working at once, and the sessions that logged in with it are logged out. Other tokens and their sessions go on.';
  static override examples = ['<%= config.bin %> <%= command.id %> alice laptop'];
  static override args = {
    user: userArg({ description: 'whose token', required: true }),
    name: tokenArg({ description: 'its name; im user token list shows it', required: true }),
  };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserTokenRevoke);
    await revokeToken(args.user, args.name, flags, this.output(flags.json));
  }
}
