/** `im connect`: the chat client. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { enter } from '../src/cli/enter.js';
import { exitCode } from '../src/cli/exit-codes.js';
import { identityFlags, outputFlags, serverFlags, userArg, userFlag } from '../src/cli/flags.js';
import { LineMode } from '../src/cli/line-mode.js';
import { PrintedMark } from '../src/cli/printed-mark.js';
import { untilSignal } from '../src/cli/signals.js';
import { connect } from '../src/client/client.js';
import type { IncomingMessage } from '../src/client/events.js';
import { systemClock } from '../src/io/clock.js';

export default class Connect extends BaseCommand {
  static override summary = 'Chat, one line for each event';
  static override description =
    'Write bob: hello, or /to bob and then hello; /help says more. What is written while the server is away is sent later, once. With --json, each line of standard input is {"to":…,"body":…,"id":…} and each line of output an event.';
  static override examples = [
    '<%= config.bin %> connect alice',
    '<%= config.bin %> connect alice --to bob',
    `echo '{"to":"bob","body":"hello"}' | <%= config.bin %> connect alice --json`,
  ];
  static override args = { user: userArg({ description: 'who you are; the same as --as' }) };
  static override flags = {
    to: userFlag({ description: 'whom lines go to, until /to says otherwise', env: 'IM_CONNECT_TO' }),
    plain: boolean({ description: 'line mode, also on a terminal that could do more', env: 'IM_CONNECT_PLAIN' }),
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Connect);
    const output = this.output(flags.json);
    const { user, ...entry } = await enter({ ...flags, as: args.user ?? flags.as }, process.stdin, output);
    const mode = new LineMode({ user, to: flags.to, input: process.stdin, output, clock: systemClock });
    const printed = new PrintedMark(entry.stateFolder);
    const onMessage = async (message: IncomingMessage): Promise<void> => {
      await printed.once(message, () => mode.show(message));
    };
    const client = connect({ ...entry, user, onMessage, agent: this.config.userAgent });
    this.exit(exitCode(await mode.run(client, untilSignal())));
  }
}
