/** `im purge`: deletes undelivered messages after exporting them to a file. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { purge, purgeFlags } from '../src/cli/purge/purge.js';

export default class Purge extends BaseCommand {
  static override summary = 'Delete undelivered messages, after exporting them to a file';
  static override description =
    `Writes the messages to a file, and deletes them when the file is on disk; im replay --file puts them back. Their senders are notified that they failed. Their ids, senders and times stay visible: im inspect-queue --status purged.

It never asks: use --dry-run to see the messages, and --yes to delete them.

For operators, with or without a running server. Each run is recorded: im inspect-queue --audit.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob --from mallory --dry-run',
    '<%= config.bin %> <%= command.id %> bob --from mallory --yes --export mallory.jsonl',
    '<%= config.bin %> replay --file mallory.jsonl',
  ];
  static override args = { user: userArg({ description: 'messages to this user', required: true }) };
  static override flags = purgeFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Purge);
    const ports = { output: this.output(flags.json), signal: untilSignal(), commandLine: this.argv.join(' ') };
    this.exit(exitCode(await purge({ ...flags, user: args.user }, ports)));
  }
}
