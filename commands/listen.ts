/** `im listen`: prints, or hands to a command, what others send. */
import { integer, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { enter } from '../src/cli/enter.js';
import { execFor } from '../src/cli/exec.js';
import { exitCode } from '../src/cli/exit-codes.js';
import { identityFlags, outputFlags, serverFlags, timeout } from '../src/cli/flags.js';
import { listen } from '../src/cli/listen-flow.js';
import { printMessage } from '../src/cli/message-text.js';
import { PrintedMark } from '../src/cli/printed-mark.js';
import { untilSignal } from '../src/cli/signals.js';
import { connect } from '../src/client/client.js';
import type { IncomingMessage } from '../src/client/events.js';
import { systemClock } from '../src/io/clock.js';

export default class Listen extends BaseCommand {
  static override summary = 'Print each message that comes';
  static override description =
    'A message is acked when its line is written, or when the command has succeeded; one that was not acked comes again.';
  static override examples = [
    '<%= config.bin %> listen --as bob',
    '<%= config.bin %> listen --as bob --count 1 --timeout 1m --json | jq -r .body',
    `<%= config.bin %> listen --as ops --exec 'logger -t "$IM_FROM" -- "$IM_BODY"'`,
  ];
  static override flags = {
    count: integer({ description: 'end after so many messages', min: 1, helpValue: 'N', env: 'IM_LISTEN_COUNT' }),
    timeout: timeout({ description: 'end after this time; with --count it is a failure', env: 'IM_TIMEOUT' }),
    exec: string({
      description:
        'run this for each message instead: IM_ID, IM_FROM, IM_BODY … are in its environment, the exact body on its standard input',
      helpValue: 'CMD',
      env: 'IM_LISTEN_EXEC',
      exclusive: ['json'],
    }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { count, timeout: timeoutMs, exec } = flags;
    const output = this.output(flags.json);
    const { user, ...entry } = await enter(flags, process.stdin, output);
    const printed = new PrintedMark(entry.stateFolder);
    const show = (message: IncomingMessage): Promise<boolean> =>
      exec === undefined ? printed.once(message, () => printMessage(output, message)) : execFor(exec, message);
    const job = { user, show, count, timeoutMs, clock: systemClock, signal: untilSignal() };
    const agent = this.config.userAgent;
    this.exit(exitCode(await listen(job, (onMessage) => connect({ ...entry, user, onMessage, agent }))));
  }
}
