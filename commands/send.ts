/** `im send`: sends messages and reports which of them the server has stored, or delivered. */
import { string as text } from '@oclif/core/args';
import { boolean, option, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, timeout, userFlag } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { formatDuration } from '../src/cli/output/duration.js';
import type { Output } from '../src/cli/output/output.js';
import { readAhead, type SourceItem, STDIN_MODES, sourceItems } from '../src/cli/send/message-source.js';
import { sendAll, unsendable } from '../src/cli/send/send.js';
import { readSendArguments } from '../src/cli/send/send-arguments.js';
import { SENDING } from '../src/cli/send/send-limits.js';
import { connect } from '../src/client/api/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { WIRE } from '../src/protocol/limits.js';
import { MAILBOX } from '../src/store/limits.js';
import { safe } from '../src/text/safe-text.js';

/** As people read it: 1,000. `toLocaleString` takes 7 ms the first time, at every start. */
const grouped = (value: number): string => `${value}`.replace(/\B(?=(\d{3})+$)/g, ',');

export default class Send extends BaseCommand {
  static override summary = 'Send a message, each line of standard input, or a report on a command';
  static override description =
    `Prints the id of each message when the server has stored it on disk. A message that is sent again with the same id is delivered once. Of delivered messages the server knows the newest ${grouped(MAILBOX.keptIdsPerSender)} ids of each sender to each receiver: an older id makes a new message.

It stops at the first bad line, except with --keep-going: one that is longer than ${WIRE.maxBodyBytes / 1024} KiB, not UTF-8 or not JSON, or that the server refuses. A line ends with LF or CRLF. If one of several targets is refused, the others still get the message.

Exit codes: 6 if a message was refused, otherwise 5 if one was not delivered in time. The others: im help exit-codes.

With --exec the command runs in the shell, whether or not the server can be reached. stdout and stderr are those of the command; no id is printed. The exit code is that of the command; or that of sending, if only sending fails.`;
  static override usage = [
    '<%= command.id %> TO [BODY] [FLAGS]',
    '<%= command.id %> --to USER [--to USER]... [BODY] [FLAGS]',
    '<%= command.id %> --stdin jsonl [FLAGS]',
  ];
  static override examples = [
    "<%= config.bin %> send bob 'the build is green'",
    'make 2>&1 | <%= config.bin %> send bob',
    'tail -f app.log | <%= config.bin %> send ops --stdin lines',
    "<%= config.bin %> send bob 'are you there?' --wait delivered --timeout 1m",
    "<%= config.bin %> send --to alice --to bob 'lunch?'",
    "<%= config.bin %> send ops --exec 'make test' --retry-for 10m",
  ];
  static override args = {
    to: text({ description: 'the receiver; not with --to', ignoreStdin: true }),
    body: text({
      description: 'the message; default, and -: standard input. After -- it may begin with a dash',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    to: userFlag({
      description: 'the receiver; may be repeated',
      multiple: true,
      multipleNonGreedy: true,
      env: 'IM_SEND_TO',
    }),
    id: string({
      description: 'the id of the message; use the same one to repeat a send safely',
      helpValue: 'ID',
      env: 'IM_SEND_ID',
    }),
    re: string({
      description: 'the id of the message that this one is about: an answer, a quote',
      helpValue: 'ID',
      env: 'IM_SEND_RE',
    }),
    wait: option({ options: ['stored', 'delivered'] as const })({
      description: 'the state that each message must reach',
      default: 'stored',
      env: 'IM_SEND_WAIT',
    }),
    timeout: timeout({
      description: `how long each message may take to reach it; default: ${formatDuration(SENDING.timeoutMs)}`,
      env: 'IM_TIMEOUT',
    }),
    'retry-for': timeout({
      description: 'how long to keep trying while the server cannot be reached; default: no longer than --timeout',
      env: 'IM_SEND_RETRY_FOR',
    }),
    stdin: option({ options: STDIN_MODES })({
      description: 'how to split standard input into messages; a line of jsonl is {"to":…,"body":…,"id":…,"re":…}',
      default: 'all',
      env: 'IM_SEND_STDIN',
    }),
    exec: string({
      description: 'run this shell command first; the message is its exit code and its last lines of output',
      helpValue: 'CMD',
      env: 'IM_SEND_EXEC',
      exclusive: ['stdin', 'keep-going', 'token-stdin', 'json'],
    }),
    'keep-going': boolean({
      description: 'skip refused lines instead of stopping at the first',
      env: 'IM_SEND_KEEP_GOING',
    }),
    quiet: boolean({ description: 'print no ids, and not what it waits for', env: 'IM_SEND_QUIET' }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Send);
    const { exec, id, re, wait, timeout: timeoutMs = SENDING.timeoutMs, 'retry-for': retryForMs, stdin: mode } = flags;
    const isDashText = this.argv.includes('--') && this.argv.lastIndexOf('-') > this.argv.indexOf('--');
    const { targets, body: bodyArgument } = readSendArguments([args.to, args.body], flags, isDashText);
    const output = this.output(flags.json);

    const send = async (body: string | undefined): Promise<void> => {
      const isSingle = body !== undefined || mode === 'all';
      const items = readAhead(this.#items({ targets, body, id, re, mode }, output));
      const beforeAdding = async (): Promise<void> => {
        const [first] = (await items.first()) ?? this.exit(0); // no lines: there is nothing to send
        if (first && 'problem' in first && !flags['keep-going']) throw unsendable(first.line, first.problem, isSingle);
      };
      const { stateFolder: _, data, ...login } = await resolveLogin(flags, output, { beforeAdding });
      const agent = this.config.userAgent;
      const client = connect({ ...login, mode: 'send', trackDelivery: wait === 'delivered', agent });
      const job = {
        from: login.user,
        targets,
        items: items.all,
        isSingle,
        keepGoing: flags['keep-going'],
        quiet: flags.quiet || exec !== undefined,
        announces: !flags.quiet,
        wait,
        timeoutMs,
        retryForMs,
      };
      try {
        await sendAll(job, { client, output, clock, signal: untilSignal() });
      } catch (error) {
        if (data === undefined) throw error;
        const { explainUnknownReceiver } = await import('../src/cli/send/unknown-receiver.js');
        throw await explainUnknownReceiver(error, data);
      }
      await client.close();
    };
    if (exec !== undefined) {
      const { sendExec } = await import('../src/cli/send/send-exec.js');
      this.exit(await sendExec(exec, send, output));
    }
    await send(bodyArgument);
  }

  /** What a person has to do is said when standard input is read: after any question. */
  async *#items(source: Parameters<typeof sourceItems>[0], output: Output): AsyncGenerator<readonly SourceItem[]> {
    if (source.body === undefined && process.stdin.isTTY) {
      output.note(
        source.mode === 'all' ? safe`im: type the message; Ctrl+D sends it` : safe`im: each line is sent; Ctrl+D ends`,
      );
    }
    yield* sourceItems(source, process.stdin);
  }
}
