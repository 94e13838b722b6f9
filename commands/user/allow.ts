/** `im user allow`: an operator says who may write to a user. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, userArg, userFlag, withoutDuplicates } from '../../src/cli/app/flags.js';
import { allowSenders } from '../../src/cli/senders/senders.js';

export default class UserAllow extends BaseCommand {
  static override summary = 'Say who may write to a user';
  static override description =
    'Without a flag it prints who may, one name per line. The names given replace those of before. Messages of all others are refused by the server, and they cannot tell that from being blocked by the user. What was stored before is still delivered. Whom the user blocks may not write in any case.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob --from alice --from carol',
    '<%= config.bin %> <%= command.id %> bob',
    '<%= config.bin %> <%= command.id %> bob --everybody',
  ];
  static override args = { user: userArg({ description: 'to whom', required: true }) };
  static override flags = {
    from: userFlag({
      description: 'only this user may write; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
      env: 'IM_USER_ALLOW_FROM',
      exclusive: ['everybody', 'nobody'],
    }),
    everybody: boolean({
      description: 'everybody may write again',
      env: 'IM_USER_ALLOW_EVERYBODY',
      exclusive: ['nobody'],
    }),
    nobody: boolean({ description: 'nobody else may write', env: 'IM_USER_ALLOW_NOBODY' }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UserAllow);
    const names = flags.nobody ? [] : flags.from && withoutDuplicates(flags.from);
    const allow = names && ({ action: 'allow', names } as const);
    const change = flags.everybody ? ({ action: 'lift' } as const) : allow;
    await allowSenders(args.user, change, flags, this.output(flags.json));
  }
}
