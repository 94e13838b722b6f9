/** `im user token list`: lists the tokens of a user. */
import { BaseCommand } from '../../../src/cli/app/base-command.js';
import { commonFlags, userArg } from '../../../src/cli/app/flags.js';
import { listTokens } from '../../../src/cli/user/user-tokens.js';

export default class UserTokenList extends BaseCommand {
  static override summary = 'List the tokens of a user: when each was made, and last used';
  static override description =
    'The tokens themselves are stored nowhere. main is the one of im user add and im user rotate. USED is when somebody last logged in with it; after a crash of the server the last day may be missing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> alice --json | jq -r .name',
  ];
  static override args = { user: userArg({ description: 'whose tokens', required: true }) };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserTokenList);
    await listTokens(args.user, flags, this.output(flags.json));
  }
}
