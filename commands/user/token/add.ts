/** `im user token add`: makes a further token for a user. */
import { BaseCommand } from '../../../src/cli/app/base-command.js';
import { commonFlags, keepFlags, tokenArg, userArg } from '../../../src/cli/app/flags.js';
import { addToken } from '../../../src/cli/user/user-tokens.js';

export default class UserTokenAdd extends BaseCommand {
  static override summary = 'Make a further token for a user, and print it';
  static override description =
    'The other tokens of the user stay valid: so each machine can have its own, and lose it without touching the others. It cannot be shown again: the server stores only a hash. The umask in the example keeps the file private.';
  static override examples = [
    '(umask 077; <%= config.bin %> <%= command.id %> alice laptop > laptop.token)',
    '<%= config.bin %> <%= command.id %> alice --keep > /dev/null',
  ];
  static override args = {
    user: userArg({ description: 'whose token', required: true }),
    name: tokenArg({ description: 'its name, such as that of the machine; default: token, token-2 and so on' }),
  };
  static override flags = { ...keepFlags, ...commonFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserTokenAdd);
    await addToken(args.user, args.name, flags, this.output(flags.json));
  }
}
