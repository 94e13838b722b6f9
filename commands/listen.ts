/** `im listen`: prints messages from others, or runs a command for each. */
import { CLIError } from '@oclif/core/errors';
import { boolean, custom, integer, string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, deviceFlag, namedFile, timeout, userFlag } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { LastPrinted } from '../src/cli/connect/last-printed.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { listen } from '../src/cli/listen/listen.js';
import { runListenExec } from '../src/cli/listen/listen-exec.js';
import { type MessageFormat, parseFormat } from '../src/cli/listen/message-format.js';
import type { Parking } from '../src/cli/listen/parking.js';
import { commandDevice, LISTEN_DEVICE } from '../src/cli/login/device.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { messageText } from '../src/cli/output/message-text.js';
import type { Output } from '../src/cli/output/output.js';
import { untilReaderGone } from '../src/cli/output/pipe-reader.js';
import { connect, type IncomingMessage } from '../src/client/api/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { realFiles as files } from '../src/io/files.js';
import { MAIN_DEVICE } from '../src/protocol/frames/login.js';
import type { SafeText } from '../src/text/safe-text.js';

const format = custom<MessageFormat>({
  helpValue: 'TEXT',
  parse: async (text) => {
    const parsed = parseFormat(text);
    if (typeof parsed === 'function') return parsed;
    throw new CLIError(parsed.problem);
  },
});

export default class Listen extends BaseCommand {
  static override summary = 'Print messages, or run a command for each';
  static override description =
    `A message is acked when it is printed, or when the command has succeeded; without an ack the server sends it again. A newer im listen as the same device ends this one (exit code 7).

Exit codes: 1 when the command fails (with --park-after: when a message cannot be parked); 3 when --timeout passes too early: before --count messages have arrived, before --drain has printed all, or before the server is reached; otherwise 0. The others: im help exit-codes.`;
  static override examples = [
    '<%= config.bin %> listen --as bob',
    '<%= config.bin %> listen --as bob --device tablet',
    '<%= config.bin %> listen --as bob --drain',
    '<%= config.bin %> listen --as bob --count 1 --timeout 1m --json | jq -r .body',
    "<%= config.bin %> listen --as ops --from ci --format '{at} {from}: {line}'",
    `<%= config.bin %> listen --as ops --exec 'logger -t "$IM_FROM" -- "$IM_BODY"'`,
    `<%= config.bin %> listen --as ops --exec 'logger -- "$IM_BODY"' --park-after 3 --park parked.jsonl`,
  ];
  static override flags = {
    count: integer({ description: 'end after this many messages', min: 1, helpValue: 'N', env: 'IM_LISTEN_COUNT' }),
    timeout: timeout({
      description:
        'end after this time; that is a failure if --count is not reached, or with --drain something still waits',
      env: 'IM_TIMEOUT',
    }),
    drain: boolean({
      description: 'print what waits now, and end; with --count at most so many',
      env: 'IM_LISTEN_DRAIN',
    }),
    from: userFlag({
      description:
        'print only messages from this user; may be repeated. Messages from others are acked too, and kept unread for im connect; with a --device of its own they are left to your other devices',
      multiple: true,
      multipleNonGreedy: true,
      env: 'IM_LISTEN_FROM',
    }),
    device: deviceFlag({
      description:
        'which device of yours this is; default: listen, or with --from: main. Each gets every message, and remembers what it has printed; a second im listen with the same name ends the first. main is the chat on this machine: that ends',
      env: 'IM_LISTEN_DEVICE',
    }),
    format: format({
      description:
        'how to print a message: {from} {to} {id} {seq} {at} {attempt} {replay} {re} {body} {line}. {line} is the body in one line; {body} indents its further lines. Write {{ }} \\\\ for { } \\, and \\n \\t for a new line and a tab',
      env: 'IM_LISTEN_FORMAT',
      exclusive: ['json', 'exec'],
    }),
    exec: string({
      description:
        'run this shell command for each message instead: IM_ID, IM_FROM, IM_BODY … are in its environment, the exact body on its standard input',
      helpValue: 'CMD',
      env: 'IM_LISTEN_EXEC',
      exclusive: ['json'],
    }),
    'park-after': integer({
      description:
        'with --exec: when the command has failed N times for a message, put it into the file of --park, ack it and go on. The tries are 1s, 2s, 4s … at most 30s apart, and count across restarts',
      min: 1,
      helpValue: 'N',
      env: 'IM_LISTEN_PARK_AFTER',
      dependsOn: ['exec', 'park'],
    }),
    park: namedFile({
      description:
        'where messages are put aside, one JSON line each; with im replay --file FILE an operator puts them back',
      helpValue: 'FILE',
      env: 'IM_LISTEN_PARK',
      dependsOn: ['park-after'],
    }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { count, drain, timeout: timeoutMs, from, format, exec } = flags;
    const output = this.output(flags.json);
    const login = await resolveLogin(flags, output);
    const { user } = login;
    const asked = flags.device ?? (from === undefined ? LISTEN_DEVICE : MAIN_DEVICE);
    const { isChat, ...place } = commandDevice(asked, login);
    const printed = new LastPrinted(place.stateFolder, output);
    const textOf = (message: IncomingMessage): SafeText =>
      format ? format(message, user, output.columns) : messageText(output, message);
    const parking = await openParking(flags, user, place, output);
    const show = async (messages: readonly IncomingMessage[], stopping: Promise<void>): Promise<number> => {
      if (exec === undefined) return printed.all(messages, textOf);
      for (const message of messages) {
        const run = () => runListenExec(exec, message, clock);
        await (parking ? parking.handle(message, run, stopping) : run());
      }
      return messages.length;
    };
    const maxBatch = exec === undefined ? undefined : 1; // each is acked when its command has succeeded
    const markShown = exec === undefined ? 'only' : 'after'; // what was printed is known: LastPrinted
    // Loaded only with --from, in place of the chat: it opens the chat's history.
    const openUnmatched = async () =>
      (await import('../src/cli/listen/unmatched-messages.js')).openUnmatchedMessages(place.stateFolder);
    const only = from && { from, unmatched: isChat ? await openUnmatched() : undefined };
    const agent = this.config.userAgent;
    // A command that is run may go on after the reader of its output.
    const end = exec === undefined ? Promise.race([untilSignal(), untilReaderGone()]) : untilSignal();
    const ports = { output, clock, signal: end };
    try {
      const exit = await listen(
        { user, device: place.device, show, maxBatch, only, count, drain, timeoutMs },
        ports,
        (handler) => connect({ ...login, ...place, ...handler, markShown, agent }),
      );
      this.exit(exitCode(exit));
    } finally {
      printed.close();
      await only?.unmatched?.close();
    }
  }
}

/** @throws Failure when messages cannot be parked there: before anything is acked. */
async function openParking(
  {
    'park-after': after,
    park: file,
  }: { readonly 'park-after'?: number | undefined; readonly park?: string | undefined },
  user: string,
  { device, stateFolder }: { readonly device: string; readonly stateFolder: string },
  output: Output,
): Promise<Parking | undefined> {
  if (after === undefined || file === undefined) return undefined;
  // Loaded only with --park.
  const [{ Parking }, { FailureCount }, { checkParkedFile }] = await Promise.all([
    import('../src/cli/listen/parking.js'),
    import('../src/cli/listen/failure-count.js'),
    import('../src/cli/listen/parked-file.js'),
  ]);
  await checkParkedFile(file);
  return new Parking({ user, device, after, file }, { count: new FailureCount(files, stateFolder), clock, output });
}
