/** `im inspect-queue`: shows which messages are undelivered, for whom, since when, and how often they were tried. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { userArg } from '../src/cli/app/flags.js';
import { inspectFlags, inspectQueue } from '../src/cli/queues/inspect.js';

export default class InspectQueue extends BaseCommand {
  static override summary = 'Show undelivered messages: for whom, since when, and how often they were tried';
  static override description =
    `Reads the data folder, beside a running server or without one; it locks and changes nothing. With --url an operator asks a server elsewhere.

With --mine any user asks a server what waits there for the user, and what the user has sent that waits for others. Nothing is marked as received, but a message whose text it shows cannot be unsent any more.

Exit codes with --check: 0 ok, 1 warning, 2 critical, 3 unknown.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> bob --min-age 1h --from alice',
    '<%= config.bin %> <%= command.id %> --summary',
    '<%= config.bin %> <%= command.id %> --summary --watch',
    '<%= config.bin %> <%= command.id %> --mine --as alice',
    '<%= config.bin %> <%= command.id %> --json > queue.jsonl',
    '<%= config.bin %> <%= command.id %> --check --warn-age 5m --crit-age 1h --crit-count 10000',
  ];
  static override args = { user: userArg({ description: 'only messages to this user' }) };
  static override flags = inspectFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(InspectQueue);
    this.exit(await inspectQueue({ ...flags, user: args.user }, this.output(flags.json)));
  }
}
