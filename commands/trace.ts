/** `im trace`: shows what happened to a message. */
import { string } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, userFlag } from '../src/cli/app/flags.js';
import { trace } from '../src/cli/queues/trace.js';

export default class TraceCommand extends BaseCommand {
  static override summary = 'Show what happened to a message: stored, pushed, acked, replayed';
  static override description =
    `Reads the data folder of this machine, beside a running server or without one. Times are those of the server's clock. Pushes and their sessions are known as long as the server keeps the message.

With --url it asks a server elsewhere: an operator about any message, a user about one that the user has sent or received. A sender learns when it was stored, pushed and acked, but not on which device.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> "$(<%= config.bin %> send bob \'hi\')"',
    '<%= config.bin %> <%= command.id %> backup-2026-01-31 --from alice --to bob --json',
    '<%= config.bin %> <%= command.id %> backup-2026-01-31 --to bob --url wss://chat.example --as operator --token-file operator.token',
    '<%= config.bin %> <%= command.id %> backup-2026-01-31 --to bob --url wss://chat.example --as alice --token-file alice.token',
  ];
  static override args = { id: string({ description: 'the id of the message', required: true, ignoreStdin: true }) };
  static override flags = {
    from: userFlag({ description: 'only a message from this user', env: 'IM_TRACE_FROM' }),
    to: userFlag({ description: 'search only the mailbox of this user, which is faster', env: 'IM_TRACE_TO' }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TraceCommand);
    await trace(args.id, flags, this.output(flags.json));
  }
}
