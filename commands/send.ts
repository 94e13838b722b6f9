/** `im send`: hands messages to the server and says what became of them. */
import { string as text } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { messagesOf } from '../src/cli/send/message-source.js';
import { sendAll } from '../src/cli/send/send.js';
import { readSendArguments } from '../src/cli/send/send-arguments.js';
import { sendFlags } from '../src/cli/send/send-flags.js';
import { connect } from '../src/client/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { safe } from '../src/text/safe-text.js';

export default class Send extends BaseCommand {
  static override summary = 'Send a message, or each line of standard input, or how a command ended';
  static override description =
    `Prints the id of each message when the server has it on disk, and nothing else. Sending a message again with the same id is safe: it is delivered once.

A target that is refused keeps the message from no other. A line that is refused, because it is longer than 64 KiB, not UTF-8 or not JSON, or by the server, stops what comes after it, unless --keep-going. It ends with 6 when anything was refused, else with 5 when anything was not delivered in time. A line ends with LF or CRLF.

With --exec the command runs in the shell, whatever the server does; stdout and stderr are the command's, no id is printed. It ends with the exit code of the command; when that is 0 and the message could not be sent, with that of sending.`;
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
    to: text({ description: 'who gets it, unless --to says it', ignoreStdin: true }),
    body: text({ description: 'the message; without it standard input is read', ignoreStdin: true }),
  };
  static override flags = sendFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Send);
    const { exec, id, wait, timeout: timeoutMs = 10_000, 'retry-for': retryForMs, stdin: mode } = flags;
    const { targets, body: given } = readSendArguments({
      words: [args.to, args.body],
      to: flags.to,
      id,
      stdin: mode,
      exec,
    });
    const output = this.output(flags.json);

    const send = async (body: string | undefined): Promise<void> => {
      const items = messagesOf({ targets, body, id, mode }, process.stdin);
      const { url, user: from, token } = await resolveLogin(flags, process.stdin, output);
      const agent = this.config.userAgent;
      const client = connect({ url, user: from, token, mode: 'send', trackDelivery: wait === 'delivered', agent });
      const isSingle = body !== undefined || mode === 'all';
      const quiet = flags.quiet || exec !== undefined;
      const job = {
        from,
        targets,
        items,
        isSingle,
        keepGoing: flags['keep-going'],
        quiet,
        wait,
        timeoutMs,
        retryForMs,
      };
      await sendAll(job, { client, output, clock, signal: untilSignal() });
      await client.close();
    };
    if (exec !== undefined) {
      const { sendExec } = await import('../src/cli/send/send-exec.js');
      this.exit(await sendExec(exec, send, { terminal: process, output, clock }));
    }
    if (given === undefined && process.stdin.isTTY) {
      output.note(
        mode === 'all' ? safe`im: write the message; Ctrl+D sends it` : safe`im: each line is sent; Ctrl+D ends`,
      );
    }
    await send(given);
  }
}
