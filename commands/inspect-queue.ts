/** `im inspect-queue`: what is undelivered, for whom, since when, and how often it was tried. */
import { boolean, integer } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { duration, identityFlags, outputFlags, serverFlags, userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { inspectQueue } from '../src/cli/queues/inspect.js';
import { filterFlags, statusFlag } from '../src/cli/queues/queue-flags.js';

export default class InspectQueue extends BaseCommand {
  static override summary = 'Show what is undelivered, for whom, since when, and how often it was tried';
  static override description =
    'Reads the data folder as it is at this moment, beside a running server or without one. Nothing is locked, nothing is changed. With --url a server elsewhere is asked, as one of its operators. With --check it ends with 0 (ok), 1 (warning), 2 (critical) or 3 (unknown).';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> bob --min-age 1h --from alice',
    '<%= config.bin %> <%= command.id %> --summary',
    '<%= config.bin %> <%= command.id %> --summary --watch',
    '<%= config.bin %> <%= command.id %> --json > queue.jsonl',
    '<%= config.bin %> <%= command.id %> --check --warn-age 5m --crit-age 1h --crit-count 10000',
  ];
  static override args = { user: userArg({ description: 'only what is for this user' }) };
  static override flags = {
    status: statusFlag,
    ...filterFlags,
    'no-body': boolean({ description: 'no bodies', env: 'IM_INSPECT_QUEUE_NO_BODY' }),
    summary: boolean({
      description: 'one line for each mailbox, the longest waiting first, and the total',
      env: 'IM_INSPECT_QUEUE_SUMMARY',
      exclusive: ['limit', 'no-body'],
    }),
    check: boolean({
      description: 'one line for monitoring, and its exit codes',
      env: 'IM_INSPECT_QUEUE_CHECK',
      exclusive: ['limit', 'no-body', 'summary'],
    }),
    'warn-age': duration({ description: 'with --check; default: 5m', env: 'IM_INSPECT_QUEUE_WARN_AGE' }),
    'crit-age': duration({ description: 'with --check; default: 1h', env: 'IM_INSPECT_QUEUE_CRIT_AGE' }),
    'warn-count': integer({ description: 'with --check', min: 1, helpValue: 'N', env: 'IM_INSPECT_QUEUE_WARN_COUNT' }),
    'crit-count': integer({ description: 'with --check', min: 1, helpValue: 'N', env: 'IM_INSPECT_QUEUE_CRIT_COUNT' }),
    audit: boolean({
      description: 'what operators did with queues: who, when, how many',
      env: 'IM_INSPECT_QUEUE_AUDIT',
      exclusive: ['check', 'limit', 'no-body', 'summary'],
    }),
    watch: boolean({
      description: 'again and again: on a terminal in place, elsewhere and with --json a line for each change',
      env: 'IM_INSPECT_QUEUE_WATCH',
      exclusive: ['audit', 'check'],
    }),
    interval: duration({
      description: 'with --watch; at least 100ms',
      default: 2_000,
      env: 'IM_INSPECT_QUEUE_INTERVAL',
    }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(InspectQueue);
    const ports = { stdin: process.stdin, output: this.output(flags.json), signal: untilSignal };
    this.exit(await inspectQueue({ ...flags, user: args.user }, ports));
  }
}
