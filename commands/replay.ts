/** `im replay`: has messages pushed again, or puts exported ones back. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { replay, replayFlags } from '../src/cli/replay/replay.js';

export default class Replay extends BaseCommand {
  static override summary = 'Push messages again, or put exported ones back';
  static override description =
    `With USER, all undelivered messages are pushed again now; the command waits for their acks. With --delivered, delivered messages are pushed again, marked as a replay; nothing else about them changes.

With --file, messages exported by im inspect-queue --json or im purge are put into a server, with their sender, id, time and order. Messages that the server has already are not stored twice.

For operators. Each run is recorded: im inspect-queue --audit.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob',
    '<%= config.bin %> <%= command.id %> bob --delivered --since 1h --from alice --dry-run',
    '<%= config.bin %> inspect-queue --json > queue.jsonl',
    '<%= config.bin %> <%= command.id %> --file queue.jsonl --rate 50/s',
    '<%= config.bin %> inspect-queue --json | <%= config.bin %> <%= command.id %> --file - --to-url wss://chat.example --as operator --token-file operator.token',
  ];
  static override args = { user: userArg({ description: 'messages to this user' }) };
  static override flags = replayFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Replay);
    const ports = { output: this.output(flags.json), signal: untilSignal(), commandLine: this.argv.join(' ') };
    this.exit(exitCode(await replay({ ...flags, user: args.user }, ports)));
  }
}
