/** `im listen`: prints messages from others, or runs a command for each. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { LastPrinted } from '../src/cli/connect/last-printed.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { listen } from '../src/cli/listen/listen.js';
import { runListenExec } from '../src/cli/listen/listen-exec.js';
import { listenFlags } from '../src/cli/listen/listen-flags.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { printMessage } from '../src/cli/output/message-text.js';
import { connect } from '../src/client/client.js';
import type { IncomingMessage } from '../src/client/events.js';
import { systemClock as clock } from '../src/io/clock.js';

export default class Listen extends BaseCommand {
  static override summary = 'Print messages, or run a command for each';
  static override description =
    `A message is acked when it is printed, or when the command has succeeded; without an ack the server sends it again.

Exit codes: 0 after --count messages, after --timeout without --count, and when nobody reads the output any more; 1 when the command fails; 3 when --timeout passes before --count messages have arrived, or before the server is reached. The others: im help exit-codes.`;
  static override examples = [
    '<%= config.bin %> listen --as bob',
    '<%= config.bin %> listen --as bob --count 1 --timeout 1m --json | jq -r .body',
    "<%= config.bin %> listen --as ops --from ci --format '{at} {from}: {line}'",
    `<%= config.bin %> listen --as ops --exec 'logger -t "$IM_FROM" -- "$IM_BODY"'`,
  ];
  static override flags = {
    ...listenFlags,
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { count, timeout: timeoutMs, from, format, exec } = flags;
    const output = this.output(flags.json);
    const { user, ...login } = await resolveLogin(flags, output);
    const printed = new LastPrinted(login.stateFolder);
    const print = (message: IncomingMessage): Promise<void> =>
      format ? output.line(format(message, user, output.columns)) : printMessage(output, message);
    const show = async (message: IncomingMessage): Promise<boolean> => {
      if (exec === undefined) return printed.once(message, () => print(message));
      await runListenExec(exec, message);
      return true;
    };
    // Loaded only with --from: it opens the history.
    const openUnmatched = async () =>
      (await import('../src/cli/listen/unmatched-messages.js')).openUnmatchedMessages(login.stateFolder, clock);
    const only = from && { from, unmatched: await openUnmatched() };
    const agent = this.config.userAgent;
    const ports = { output, clock, signal: untilSignal() };
    try {
      const exit = await listen({ user, show, only, count, timeoutMs }, ports, (onMessage) =>
        connect({ ...login, user, onMessage, agent }),
      );
      this.exit(exitCode(exit));
    } finally {
      printed.close();
      await only?.unmatched.close();
    }
  }
}
