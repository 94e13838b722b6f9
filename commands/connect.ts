/** `im connect`: the chat client, on a screen or line by line. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { identityFlags, outputFlags, serverFlags, userArg, userFlag } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { type ConnectFlags, connectFlags, screenOptions, wantsScreen } from '../src/cli/connect/connect-flags.js';
import { runJsonLines, runLines } from '../src/cli/connect/line-chat.js';
import { LineMode } from '../src/cli/connect/line-mode.js';
import { queuedText } from '../src/cli/connect/line-text.js';
import { type LineStreams, openLineStreams } from '../src/cli/connect/prompt-line.js';
import { clientFailure } from '../src/cli/errors/client-failure.js';
import { type Exit, exitCode } from '../src/cli/errors/exit-codes.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { type ClientOptions, connect } from '../src/client/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { realFiles as files } from '../src/io/files.js';
import { safe } from '../src/text/safe-text.js';
import { loadChat, type Tui } from '../src/tui/app/lazy-chat.js';

export default class Connect extends BaseCommand {
  static override summary = 'Chat, on the whole screen or one line for each event';
  static override description =
    'What is written while the server is away is sent later, once. On the screen F1 shows the keys. In line mode (--plain, or no terminal) write bob: hello, or /to bob and then hello; /help says more. With --json, each line of standard input is {"to":…,"body":…,"id":…} and each line of output an event.';
  static override examples = [
    '<%= config.bin %> connect alice',
    '<%= config.bin %> connect alice --plain --to bob',
    `echo '{"to":"bob","body":"hello"}' | <%= config.bin %> connect alice --json`,
  ];
  static override args = { user: userArg({ description: 'who you are; the same as --as' }) };
  static override flags = {
    to: userFlag({ description: 'whom you write to at first', env: 'IM_CONNECT_TO' }),
    plain: boolean({ description: 'line mode, also on a terminal that could do more', env: 'IM_CONNECT_PLAIN' }),
    ...connectFlags,
    ...identityFlags,
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Connect);
    const lines = openLineStreams(flags.json, this.argv, process);
    const entering = resolveLogin({ ...flags, as: args.user ?? flags.as }, process.stdin, lines.output);
    const [entered, tui] = await Promise.all([entering, wantsScreen(flags, process) && loadChat()]);
    const entry = { ...entered, agent: this.config.userAgent };
    const lineMode = (to = flags.to) => new LineMode({ ...lines, user: entry.user, to, clock });
    const running = tui
      ? this.#screen(tui, flags, entry, lines, lineMode, untilSignal())
      : (flags.json ? runJsonLines : runLines)(entry, lineMode(), untilSignal());
    this.exit(exitCode(await running.finally(lines.close)));
  }

  async #screen(
    { openChat, TtyTerminal }: Tui,
    flags: ConnectFlags,
    entry: ClientOptions & { readonly stateFolder: string },
    { output }: LineStreams,
    lineMode: (to?: string) => LineMode,
    signal: Promise<Exit>,
  ): Promise<Exit> {
    const terminal = new TtyTerminal({ stdin: process.stdin, stdout: process.stdout, clock });
    const chat = await openChat(screenOptions(flags, entry), { terminal, clock, files });
    let show = chat.show;
    const client = connect({ ...entry, onMessages: (messages) => show(messages) });
    try {
      const over = await chat.run(client, Promise.race([signal, client.ended]));
      if (typeof over === 'object') throw clientFailure(over, entry.user);
      const turnTo = (other: typeof show) => {
        show = other;
        return client;
      };
      if (over === 'plain') output.note(safe`line mode; /help says how to write to somebody`);
      if (over === 'plain') return await runLines(entry, lineMode(chat.peer), signal, turnTo);
      await client.close();
      if (client.queued > 0) output.note(queuedText(client.queued, entry.user));
      return over === 'quit' ? 'done' : over;
    } finally {
      await client.close();
    }
  }
}
