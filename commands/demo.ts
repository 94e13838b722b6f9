/** `im demo`: shows what `im` promises, with real commands in a temporary folder; `--chat`: the chat with a bot. */
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { untilSignal } from '../src/cli/app/signals.js';
import { playOn, suggestOwnServer } from '../src/cli/demo/playground.js';
import { Sandbox } from '../src/cli/demo/sandbox.js';
import { tellStory } from '../src/cli/demo/story.js';
import { exitCode } from '../src/cli/errors/exit-codes.js';
import { Failure } from '../src/cli/errors/failure.js';
import type { Output } from '../src/cli/output/output.js';
import { untilTerminalGone } from '../src/cli/output/standard-streams.js';

export default class Demo extends BaseCommand {
  static override summary = 'See it work: a server, two users, kill -9; nothing to prepare';
  static override description =
    'Everything runs on this machine, in a temporary folder that is removed at the end, however it ends. It prints each command and its real output, checks what came out, and ends with 1 if a promise was broken. On a terminal the server then goes on until Ctrl+C, for you to try more.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --chat'];
  static override flags = {
    chat: boolean({
      description: 'open the chat, with a bot that explains it by going offline and killing the server',
      env: 'IM_DEMO_CHAT',
      exclusive: ['once'],
    }),
    once: boolean({ description: 'end after the story, also on a terminal', env: 'IM_DEMO_ONCE' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const { stdin, stdout } = process;
    const isOnTerminal = stdin.isTTY === true && stdout.isTTY === true;
    if (flags.chat) {
      if (isOnTerminal) return this.#chat();
      throw new Failure('usage', 'im demo --chat needs a terminal', { next: 'without one: im demo' });
    }
    await this.#story(isOnTerminal && !flags.once, this.output(false));
  }

  async #story(staysOpen: boolean, output: Output): Promise<void> {
    const signal = untilSignal();
    const sandbox = await Sandbox.open(process.argv[1] as string);
    try {
      const server = await Promise.race([tellStory(sandbox, output), signal]);
      if (typeof server === 'string') this.exit(exitCode(server));
      if (staysOpen) await playOn(server, sandbox, Promise.race([signal, untilTerminalGone(process)]), output);
      else await suggestOwnServer(output);
    } finally {
      await sandbox.close();
    }
    this.exit(exitCode('done'));
  }

  /** Signals end it at once, until `im connect` handles them: the keeper of the sandbox cleans up. */
  async #chat(): Promise<void> {
    const { openBotChat } = await import('../src/cli/demo/bot-chat.js'); // loads the client
    const sandbox = await Sandbox.open(process.argv[1] as string);
    try {
      const { user, bot } = await openBotChat(sandbox, this.config.userAgent);
      for (const name of Object.keys(process.env)) if (!(name in sandbox.env)) delete process.env[name];
      Object.assign(process.env, sandbox.env);
      // In this process, so that it has the terminal and its signals.
      await this.config.runCommand('connect', [user, '--to', bot.name]).finally(() => bot.close());
    } finally {
      await sandbox.close();
    }
  }
}
