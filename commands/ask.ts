/** `im ask`: sends a question and prints the answer. */
import { randomUUID } from 'node:crypto';
import { string as text } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, timeout, userArg } from '../src/cli/app/flags.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { ASK_DEVICE_PREFIX, ASK_TIMEOUT_MS, ask, forgetDevice } from '../src/cli/ask/ask.js';
import { Failure } from '../src/cli/errors/failure.js';
import { resolveLogin } from '../src/cli/login/login.js';
import { formatDuration } from '../src/cli/output/duration.js';
import { sourceItems } from '../src/cli/send/message-source.js';
import { connect } from '../src/client/api/client.js';
import { systemClock as clock } from '../src/io/clock.js';
import { isMessageId, MESSAGE_ID_RULE } from '../src/protocol/fields.js';
import { SESSION } from '../src/server/limits.js';
import { safe } from '../src/text/safe-text.js';

export default class Ask extends BaseCommand {
  static override summary = 'Send a question, wait for its answer, and print that';
  static override description =
    `The answer is the first message of USER that says it is about the question (im send --re ID): a person answers with /reply in the chat, a bot of im listen --exec with im send "$IM_FROM" --re "$IM_ID". Its body is printed, with control characters escaped; --json has it exactly.

While it waits, im ask is a device of its own. It takes only the answer: other messages still wait for your devices, and so does an answer that came after them. Behind more than ${SESSION.maxUnackedMessages} of them an answer is not seen.

Exit codes: 0 with an answer; 3 if the question was not stored; 5 if no answer came in time. After a 5, im ask with the same --id goes on waiting, and does not ask again. The others: im help exit-codes.`;
  static override examples = [
    "<%= config.bin %> ask bob 'may I deploy?' --timeout 10m --id deploy-42",
    'uptime | <%= config.bin %> ask ops --as ci --id load-42 --json | jq -r .body',
  ];
  static override args = {
    user: userArg({ description: 'whom to ask', required: true }),
    question: text({ description: 'the question; default, and -: standard input', ignoreStdin: true }),
  };
  static override flags = {
    id: string({
      description: 'the id of the question; with the same one a question is asked once, and its answer is found again',
      helpValue: 'ID',
      env: 'IM_ASK_ID',
    }),
    timeout: timeout({
      description: `how long to wait for the answer; default: ${formatDuration(ASK_TIMEOUT_MS)}`,
      env: 'IM_TIMEOUT',
    }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Ask);
    const { id, timeout: timeoutMs = ASK_TIMEOUT_MS } = flags;
    if (id !== undefined && !isMessageId(id)) throw new Failure('usage', `--id must be ${MESSAGE_ID_RULE}`);
    const isDashText = this.argv.includes('--') && this.argv.lastIndexOf('-') > this.argv.indexOf('--');
    const given = args.question === '-' && !isDashText ? undefined : args.question;
    const output = this.output(flags.json);
    if (given === undefined && process.stdin.isTTY) output.note(safe`im: type the question; Ctrl+D sends it`);
    let read: Promise<string> | undefined; // after the token, which may be the first line of standard input
    const readQuestion = () => (read ??= this.#question(args.user, given, id));
    const beforeAdding = async (): Promise<void> => void (await readQuestion());
    const { stateFolder: _, data, device: __, ...login } = await resolveLogin(flags, output, { beforeAdding });
    const body = await readQuestion();
    const agent = this.config.userAgent;
    const device = `${ASK_DEVICE_PREFIX}${randomUUID().slice(0, 8)}`;
    const question = { from: login.user, to: args.user, body, id, timeoutMs };
    try {
      await ask(question, { output, clock, signal: untilSignal() }, (options) =>
        connect({ ...login, ...options, device, agent }),
      );
    } catch (error) {
      if (data === undefined) throw error;
      const { explainUnknownReceiver } = await import('../src/cli/send/unknown-receiver.js');
      throw await explainUnknownReceiver(error, data);
    } finally {
      await forgetDevice(device, { ...login, agent }, clock);
    }
  }

  async #question(to: string, body: string | undefined, id: string | undefined): Promise<string> {
    for await (const [item] of sourceItems({ targets: [to], body, id, mode: 'all' }, process.stdin)) {
      if (item === undefined) continue;
      if ('problem' in item) throw new Failure('refused', `the question ${item.problem}`);
      return item.body;
    }
    throw new Error('no question was read');
  }
}
