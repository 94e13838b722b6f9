/** `im bench`: measures throughput, times and promises of a server on this machine and disk. */
import { boolean, integer, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, duration, outputFlags, path } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { Failure } from '../src/cli/errors/failure.js';
import { operatorLogin } from '../src/cli/login/operator-login.js';
import { resolveTarget } from '../src/cli/login/target.js';
import { systemClock as clock } from '../src/io/clock.js';
import { WIRE } from '../src/protocol/limits.js';

const DEFAULT_SECONDS = 10;

export default class Bench extends BaseCommand {
  static override summary = 'Measure a server on this machine and disk, and check what it promises';
  static override description =
    'Starts a server of its own in a temporary folder, lets pairs of users send and receive as fast as they can, and prints throughput, the processor time of the server for each message, and how long messages took. At the end it compares what was sent with what arrived, and exits with 1 if a message was lost, delivered twice, out of order or altered. Nothing is left behind, also after Ctrl+C. A message counts when it is on disk, answered, and delivered. --as, --token-file, --token-stdin and --ca matter with --url only.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --folder . --pairs 1 --window 1',
    '<%= config.bin %> <%= command.id %> --kill-every 3s',
    '<%= config.bin %> <%= command.id %> --offline 10000 --json',
  ];
  static override flags = {
    pairs: integer({
      description: 'senders, each with a recipient of its own',
      default: 8,
      min: 1,
      max: 1_000,
      helpValue: 'N',
      env: 'IM_BENCH_PAIRS',
    }),
    window: integer({
      description: 'unanswered messages of each sender; with 1 it waits for each answer',
      default: 64,
      min: 1,
      max: WIRE.window,
      helpValue: 'N',
      env: 'IM_BENCH_WINDOW',
    }),
    size: integer({
      description: 'bytes of a body',
      default: 116,
      min: 0,
      max: WIRE.maxBodyBytes,
      helpValue: 'N',
      env: 'IM_BENCH_SIZE',
    }),
    seconds: integer({
      description: `how long to measure; default: ${DEFAULT_SECONDS}, after a fifth of it to warm up`,
      min: 1,
      max: 86_400,
      helpValue: 'N',
      env: 'IM_BENCH_SECONDS',
      exclusive: ['offline'],
    }),
    offline: integer({
      description: 'store N messages while the recipients are away, then let them come',
      min: 1,
      max: 10_000_000,
      helpValue: 'N',
      env: 'IM_BENCH_OFFLINE',
    }),
    connections: integer({
      description: 'idle sessions beside',
      default: 0,
      min: 0,
      max: 60_000,
      helpValue: 'N',
      env: 'IM_BENCH_CONNECTIONS',
    }),
    'kill-every': duration({
      description: 'kill the server again and again, as kill -9 does, and start it again',
      env: 'IM_BENCH_KILL_EVERY',
      exclusive: ['url'],
    }),
    folder: path('is not a folder; one of this name is ./-')({
      description: 'where its temporary folder is made, to choose the disk; default: $TMPDIR, else /tmp',
      helpValue: 'DIR',
      env: 'IM_BENCH_FOLDER',
      exclusive: ['url'],
    }),
    shared: boolean({
      description: 'run, although the server has users of other people',
      env: 'IM_BENCH_SHARED',
      dependsOn: ['url'],
    }),
    as: commonFlags.as,
    'token-file': commonFlags['token-file'],
    'token-stdin': commonFlags['token-stdin'],
    ca: commonFlags.ca,
    ...outputFlags,
    url: string({
      description: 'measure this server, as an operator, instead of one of its own; its users are removed again',
      helpValue: 'URL',
      env: 'IM_BENCH_URL',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Bench);
    const output = this.output(flags.json);
    const { pairs, window, size: bodyBytes, seconds = DEFAULT_SECONDS, offline, connections, folder, url } = flags;
    if (flags['kill-every'] === 0) throw new Failure('usage', '--kill-every has to be longer than 0');
    const signal = untilSignal();
    const foreign =
      url === undefined
        ? undefined
        : { login: await operatorLogin(flags, await resolveTarget(flags), output), isShared: flags.shared };
    const { bench } = await import('../src/cli/bench/bench.js'); // loaded after the flags are known to be right
    const options = { pairs, window, bodyBytes, measureMs: seconds * 1_000, offline, connections, folder, foreign };
    const program = process.argv[1] as string;
    const ports = { output, clock, signal, program, agent: this.config.userAgent };
    this.exit(exitCode(await bench({ ...options, killEveryMs: flags['kill-every'] }, ports)));
  }
}
