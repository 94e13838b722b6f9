/** `im send`: hands messages to the server and says what became of them. */
import { string as text } from '@oclif/core/args';
import { option, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { enter } from '../src/cli/enter.js';
import { identityFlags, outputFlags, serverFlags, timeout, userArg } from '../src/cli/flags.js';
import { messagesOf, STDIN_MODES } from '../src/cli/message-source.js';
import { sendAll } from '../src/cli/send-flow.js';
import { untilSignal } from '../src/cli/signals.js';
import { connect } from '../src/client/client.js';
import { systemClock } from '../src/io/clock.js';
import { safe } from '../src/text/safe-text.js';

export default class Send extends BaseCommand {
  static override summary = 'Send a message, or each line of standard input';
  static override description =
    'Prints the id of each message when the server has it on disk, and nothing else. Sending a message again with the same id is safe: it is delivered once.';
  static override examples = [
    "<%= config.bin %> send bob 'the build is green'",
    'make 2>&1 | <%= config.bin %> send bob',
    'tail -f app.log | <%= config.bin %> send ops --stdin lines',
    "<%= config.bin %> send bob 'are you there?' --wait delivered --timeout 1m",
  ];
  static override args = {
    to: userArg({ description: 'who gets it', required: true }),
    body: text({ description: 'the message; without it standard input is read', ignoreStdin: true }),
  };
  static override flags = {
    id: string({ description: 'the id of the message, to send it again', helpValue: 'ID', env: 'IM_SEND_ID' }),
    wait: option({ options: ['stored', 'delivered'] as const })({
      description: 'what each message has to reach',
      default: 'stored',
      env: 'IM_SEND_WAIT',
    }),
    timeout: timeout({ description: 'how long a message may take for that; default: 10s', env: 'IM_TIMEOUT' }),
    stdin: option({ options: STDIN_MODES })({
      description: 'how standard input is cut into messages; a line of jsonl is {"body":…,"id":…}',
      default: 'all',
      env: 'IM_SEND_STDIN',
    }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Send);
    const { to, body } = args;
    const { id, wait, timeout: timeoutMs = 10_000, stdin: mode } = flags;
    const output = this.output(flags.json);
    if (body === undefined && process.stdin.isTTY) output.note(safe`im: write the message; Ctrl+D sends it`);
    const items = messagesOf({ body, id, mode }, process.stdin);
    const { url, user, token } = await enter(flags, process.stdin, output);
    const client = connect({ url, user, token, mode: 'send', agent: this.config.userAgent });
    const isSingle = body !== undefined || mode === 'all';
    const ports = { client, output, clock: systemClock, signal: untilSignal() };
    await sendAll({ from: user, to, items, isSingle, wait, timeoutMs }, ports);
    await client.close();
  }
}
