/** `im connect`: the chat client, full screen or in line mode. */
import { BaseCommand } from '../src/cli/app/base-command.js';
import { toFailure } from '../src/cli/app/error-report.js';
import { commonFlags, deviceFlag, userArg, userFlag } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { chatEnd } from '../src/cli/connect/chat-end.js';
import {
  type ConnectFlags,
  chatLanguage,
  connectFlags,
  screenOptions,
  wantsScreen,
} from '../src/cli/connect/connect-flags.js';
import { runJsonLines, runLines, WITH_HISTORY } from '../src/cli/connect/line-chat.js';
import { LineMode } from '../src/cli/connect/line-mode.js';
import { type LineStreams, openLineStreams } from '../src/cli/connect/prompt-line.js';
import { type Exit, exitCode } from '../src/cli/errors/exit-codes.js';
import { commandDevice } from '../src/cli/login/device.js';
import { findFolders } from '../src/cli/login/folders.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { type Profile, readProfile } from '../src/cli/login/profile.js';
import { untilTerminalGone } from '../src/cli/output/standard-streams.js';
import { blockingFor } from '../src/client/api/blocking.js';
import { type ClientEnd, type ClientOptions, connect } from '../src/client/api/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { realFiles as files } from '../src/io/files.js';
import { MAIN_DEVICE } from '../src/protocol/frames/login.js';
import { inline } from '../src/text/safe-text.js';
import { loadChat, type Tui } from '../src/tui/app/lazy-chat.js';
import type { Settings } from '../src/tui/app/settings.js';
import type { Keymap } from '../src/tui/screen/keymap.js';
import type { Texts } from '../src/tui/texts/en.js';
import { loadTexts } from '../src/tui/texts/load-texts.js';

export default class Connect extends BaseCommand {
  static override summary = 'Chat, full screen or line by line';
  static override description =
    `Messages that you write while the server is away are queued, and sent when it is back. You can be connected on several machines: each is a device, and gets every message. A newer im connect as the same device ends this one (exit code 7).

On the full screen F1 shows the keys. In line mode (--plain, or without a terminal) write bob: hello, or /to bob and then hello; /help explains more.

With --json each line of standard input is a message, {"to":…,"body":…,"id":…}, and each line of output is an event.`;
  static override examples = [
    '<%= config.bin %> connect alice',
    '<%= config.bin %> connect alice --device tablet',
    '<%= config.bin %> connect alice --plain --to bob',
    `echo '{"to":"bob","body":"hello"}' | <%= config.bin %> connect alice --json`,
  ];
  static override args = { user: userArg({ description: 'your user name; the same as --as' }) };
  static override flags = {
    to: userFlag({ description: 'user to write to first', env: 'IM_CONNECT_TO' }),
    device: deviceFlag({
      description:
        'which device of yours this is; default: device in profile.json, else the short host name. With another name it has a history of its own, beside the chat of this machine',
      env: 'IM_CONNECT_DEVICE',
    }),
    ...connectFlags,
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Connect);
    const lines = openLineStreams(flags.json, this.argv, process);
    const profile = await readProfile(findFolders(process.env).config);
    const wanted = wantsScreen(flags, profile, process);
    const texts = await loadTexts(chatLanguage(flags, profile, process.env));
    const own = wanted ? await loadSettings(flags, profile, texts) : undefined;
    const [login, tui] = await Promise.all([
      resolveLogin({ ...flags, as: args.user ?? flags.as }, lines.output, { asUser: (user) => `im connect ${user}` }),
      wanted && loadChat(),
    ]);
    const { device, stateFolder } = commandDevice(flags.device ?? MAIN_DEVICE, login);
    const options = { ...login, device, stateFolder, agent: this.config.userAgent };
    const blocking = blockingFor(options);
    const lineMode = (to = flags.to) =>
      new LineMode({ ...lines, user: options.user, device, to, clock, blocking, texts });
    const running = tui
      ? this.#runScreen(
          tui,
          { ...screenOptions(flags, profile, process.env, options), ...own, texts },
          options,
          lines,
          lineMode,
          untilSignal(),
        )
      : (flags.json ? runJsonLines : runLines)(options, lineMode(), untilSignal());
    this.exit(exitCode(await running.finally(lines.close)));
  }

  /** Runs the full screen, and line mode with the same client if the user changes to it. */
  async #runScreen(
    { openChat, TtyTerminal, ExternalEditor }: Tui,
    screen: ReturnType<typeof screenOptions> & Partial<OwnSettings> & { readonly texts: Texts },
    options: ClientOptions & { readonly device: string; readonly stateFolder: string },
    { output }: LineStreams,
    lineMode: (to?: string) => LineMode,
    signal: Promise<Exit>,
  ): Promise<Exit> {
    const terminal = new TtyTerminal({ stdin: process.stdin, stdout: process.stdout, clock }, screen);
    const editor = new ExternalEditor(process.env, clock, screen.texts.editor);
    const chat = await openChat(screen, { terminal, clock, files, blocking: blockingFor(options), editor });
    let onMessages = chat.show;
    const client = connect({ ...options, ...WITH_HISTORY, onMessages: (messages) => onMessages(messages) });
    try {
      const explain = (reason: ClientEnd | Error) =>
        reason instanceof Error ? toFailure(reason) : chatEnd(reason, options.user, options.device, screen.texts);
      const outcome = await chat.run(client, Promise.race([signal, untilTerminalGone(process)]), explain);
      if (typeof outcome === 'object') throw chatEnd(outcome, options.user, options.device, screen.texts);
      if (outcome === 'plain') {
        output.note(screen.texts.line.begins);
        return await runLines(options, lineMode(chat.peer), signal, (handler: typeof onMessages) => {
          onMessages = handler;
          return client;
        });
      }
      await client.close();
      if (client.queued > 0) output.note(screen.texts.line.queued(client.queued, inline(options.user)));
      return outcome === 'quit' ? 'done' : outcome;
    } finally {
      await client.close();
    }
  }
}

interface OwnSettings {
  readonly keymap: Keymap;
  readonly settings: Settings;
}

/** Loaded only for the screen. @throws Failure `usage` for keys that cannot be used. */
async function loadSettings(flags: ConnectFlags, { keys }: Profile, texts: Texts): Promise<OwnSettings> {
  const [{ chatKeymap }, { chatSettings }] = await Promise.all([
    import('../src/cli/connect/chat-keys.js'),
    import('../src/cli/config/chat-settings.js'),
  ]);
  return { keymap: chatKeymap(keys), settings: chatSettings(flags, process.env, texts) };
}
