/** `im unblock`: a user takes messages from others again. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, usersArg, withoutDuplicates } from '../src/cli/app/flags.js';
import { setBlocked } from '../src/cli/senders/senders.js';

export default class Unblock extends BaseCommand {
  static override summary = 'Take messages from blocked users again';
  static override description = 'What they sent while they were blocked failed, and is not delivered now.';
  static override examples = ['<%= config.bin %> <%= command.id %> mallory --as alice'];
  static override args = { names: usersArg('users to unblock') };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unblock);
    await setBlocked(withoutDuplicates(args.names), 'unblock', flags, this.output(flags.json));
  }
}
