/** `im trace`: the life of one message. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { outputFlags, serverFlags, userFlag } from '../src/cli/app/flags.js';
import { trace } from '../src/cli/queues/trace.js';

export default class TraceCommand extends BaseCommand {
  static override summary = 'Tell the life of one message: stored, pushed, acked, replayed';
  static override description =
    'Reads the data folder as im inspect-queue does. Times are by the clock of the server. What was pushed when, to which session, is known of messages that are still kept.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> "$(<%= config.bin %> send bob \'hi\')"',
    '<%= config.bin %> <%= command.id %> backup-2026-01-31 --from alice --to bob --json',
  ];
  static override args = { id: string({ description: 'the id of the message', required: true, ignoreStdin: true }) };
  static override flags = {
    from: userFlag({ description: 'only if this user sent it', env: 'IM_TRACE_FROM' }),
    to: userFlag({ description: "only in this user's mailbox: faster", env: 'IM_TRACE_TO' }),
    data: serverFlags.data,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TraceCommand);
    await trace(args.id, flags, this.output(flags.json));
  }
}
