/** `im listen`: prints, or hands to a command, what others send. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags } from '../src/cli/app/flags.js';
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
  static override summary = 'Print each message that comes';
  static override description =
    'A message is acked when its line is written, or when the command has succeeded; one that was not acked comes again. Ends with 0 after --count messages, after --timeout without --count, and when nobody reads its output any more; with 1 when the command failed, 3 when --timeout passed before --count messages came or the server was reached; otherwise as im help exit-codes says.';
  static override examples = [
    '<%= config.bin %> listen --as bob',
    '<%= config.bin %> listen --as bob --count 1 --timeout 1m --json | jq -r .body',
    "<%= config.bin %> listen --as ops --from ci --format '{at} {from}: {line}'",
    `<%= config.bin %> listen --as ops --exec 'logger -t "$IM_FROM" -- "$IM_BODY"'`,
  ];
  static override flags = {
    ...listenFlags,
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { count, timeout: timeoutMs, from, format, exec } = flags;
    const output = this.output(flags.json);
    const { user, ...entry } = await resolveLogin(flags, process.stdin, output);
    const printed = new LastPrinted(entry.stateFolder);
    const print = (message: IncomingMessage): Promise<void> =>
      format ? output.line(format(message, user, output.columns)) : printMessage(output, message);
    const show = (message: IncomingMessage): Promise<boolean> =>
      exec === undefined ? printed.once(message, () => print(message)) : runListenExec(exec, message);
    const aside =
      from && (await import('../src/cli/listen/unmatched-messages.js')).openUnmatchedMessages(entry.stateFolder, clock);
    const only = aside && { from, aside };
    const agent = this.config.userAgent;
    const ports = { output, clock, signal: untilSignal() };
    try {
      const end = await listen({ user, show, only, count, timeoutMs }, ports, (onMessage) =>
        connect({ ...entry, user, onMessage, agent }),
      );
      this.exit(exitCode(end));
    } finally {
      await aside?.close();
    }
  }
}
