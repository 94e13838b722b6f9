/** `im purge`: deletes undelivered messages, after it has written them to a file. */
import { randomUUID } from 'node:crypto';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags, userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { purge } from '../src/cli/purge/purge.js';
import { filterFlags } from '../src/cli/queues/queue-flags.js';
import { systemClock } from '../src/io/clock.js';

export default class Purge extends BaseCommand {
  static override summary = 'Delete undelivered messages, after they are written to a file';
  static override description =
    'First everything that is meant goes to a file, in the format that im replay --file puts back; when that is on disk, it is deleted. Senders are told that it failed; im inspect-queue --status purged shows what is left of it. It never asks: --dry-run shows what is meant, --yes deletes it. For operators; beside a running server, or on a folder without one. Each run is written down: im inspect-queue --audit.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob --from mallory --dry-run',
    '<%= config.bin %> <%= command.id %> bob --from mallory --yes --export mallory.jsonl',
    '<%= config.bin %> replay --file mallory.jsonl',
  ];
  static override args = { user: userArg({ description: 'whose messages', required: true }) };
  static override flags = {
    ...filterFlags,
    'dry-run': boolean({
      description: 'show what would be deleted, and do nothing',
      env: 'IM_PURGE_DRY_RUN',
      exclusive: ['yes'],
    }),
    yes: boolean({ description: 'delete it', env: 'IM_PURGE_YES' }),
    export: string({
      description: 'the file to make for it; default: purged-USER-TIME.jsonl',
      helpValue: 'FILE',
      env: 'IM_PURGE_EXPORT',
    }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Purge);
    const ports = { stdin: process.stdin, output: this.output(flags.json), clock: systemClock, signal: untilSignal() };
    const asked = this.argv.join(' ');
    this.exit(exitCode(await purge({ ...flags, user: args.user }, { ...ports, newId: randomUUID, asked })));
  }
}
