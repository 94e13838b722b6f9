/** `im replay`: pushes again, or puts exported messages back. */
import { randomUUID } from 'node:crypto';
import { boolean, integer, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags, timeout, userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { filterFlags, rate } from '../src/cli/queues/queue-flags.js';
import { replay } from '../src/cli/replay/replay.js';
import { systemClock } from '../src/io/clock.js';

export default class Replay extends BaseCommand {
  static override summary = 'Push messages again, or put exported ones back';
  static override description =
    'Of a USER: everything undelivered is pushed again now, and it waits for the acks; with --delivered, what was delivered is pushed again, marked as a replay, and nothing about it changes. With --file: the lines of im inspect-queue --json go into a server, with their sender, id, time and order; what is known is not stored twice. For operators; each run is written down: im inspect-queue --audit.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob',
    '<%= config.bin %> <%= command.id %> bob --delivered --since 1h --from alice --dry-run',
    '<%= config.bin %> inspect-queue --json > queue.jsonl',
    '<%= config.bin %> <%= command.id %> --file queue.jsonl --rate 50/s',
    '<%= config.bin %> inspect-queue --json | <%= config.bin %> <%= command.id %> --file - --to-url wss://chat.example --as root --token-file root.token',
  ];
  static override args = { user: userArg({ description: 'whose messages; with --file: only those to this user' }) };
  static override flags = {
    delivered: boolean({ description: 'what was delivered, instead of what is not', env: 'IM_REPLAY_DELIVERED' }),
    file: string({ description: 'exported messages; - is standard input', helpValue: 'FILE', env: 'IM_REPLAY_FILE' }),
    ...filterFlags,
    'dry-run': boolean({ description: 'show what it would be done to, and do nothing', env: 'IM_REPLAY_DRY_RUN' }),
    rate: rate({ description: 'no faster than so many a second', env: 'IM_REPLAY_RATE' }),
    'original-timing': boolean({
      description: 'with the pauses that were between them',
      env: 'IM_REPLAY_ORIGINAL_TIMING',
      exclusive: ['rate'],
    }),
    speed: integer({
      description: 'with --original-timing: so many times as fast',
      default: 1,
      min: 1,
      helpValue: 'N',
      env: 'IM_REPLAY_SPEED',
    }),
    'keep-going': boolean({
      description: 'with --file: leave lines out that are refused, instead of stopping',
      env: 'IM_REPLAY_KEEP_GOING',
    }),
    timeout: timeout({
      description: 'how long the acks may take; default: 10s, and not at all for a user who is away',
      env: 'IM_TIMEOUT',
    }),
    ...identityFlags,
    ...serverFlags,
    url: string({
      aliases: ['to-url'],
      description: 'the server; default: the one that runs on --data',
      helpValue: 'URL',
      env: 'IM_URL',
      helpGroup: 'global',
    }),
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Replay);
    const ports = { stdin: process.stdin, output: this.output(flags.json), clock: systemClock, signal: untilSignal() };
    const asked = this.argv.join(' ');
    this.exit(exitCode(await replay({ ...flags, user: args.user }, { ...ports, newId: randomUUID, asked })));
  }
}
