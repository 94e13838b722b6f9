/** `im block`: a user takes no more messages from others. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, usersArg, withoutDuplicates } from '../src/cli/app/flags.js';
import { setBlocked } from '../src/cli/senders/senders.js';

export default class Block extends BaseCommand {
  static override summary = 'Take no more messages from users';
  static override description =
    'The server refuses their messages, and they see them as failed. That holds for all your devices. What was stored before is still delivered, and you can write to them. im unblock ends it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> mallory --as alice',
    '<%= config.bin %> blocked --as alice',
  ];
  static override args = { names: usersArg('users to block') };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Block);
    await setBlocked(withoutDuplicates(args.names), 'block', flags, this.output(flags.json));
  }
}
