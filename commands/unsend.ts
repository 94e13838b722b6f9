/** `im unsend`: takes back a message that its receiver has not seen. */
import { string as text } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { commonFlags, userFlag } from '../src/cli/app/flags.js';
import { Failure } from '../src/cli/errors/failure.js';
import { findHistory } from '../src/cli/history/history-place.js';
import { type LoginFlags, resolveLogin } from '../src/cli/login/login.js';
import { resolveTarget } from '../src/cli/login/target.js';
import { recipientOf, unsend } from '../src/cli/unsend/unsend.js';
import { History } from '../src/history/history.js';
import { realFiles as files } from '../src/io/files.js';
import { isMessageId, MESSAGE_ID_RULE } from '../src/protocol/fields.js';

export default class Unsend extends BaseCommand {
  static override summary = 'Take a message back that its receiver has not seen';
  static override description =
    `It is certain that the receiver never sees it: a message is taken back only if no device of the receiver can have been sent it. So it is too late once a device was logged in after the message was stored, even if nothing was delivered; once the receiver has looked at it with im inspect-queue --mine; and for what the server has had since before it was last started. Your chats show the message as failed: unsent.

Exit codes: 0 when it is unsent, now or before; 6 when it is too late, or the server has no such message of yours; 3 when the server cannot be reached.`;
  static override examples = [
    '<%= config.bin %> unsend deploy-41 --to bob',
    'id=$(<%= config.bin %> send bob \'wrong window\') && <%= config.bin %> unsend "$id" --to bob',
  ];
  static override args = {
    id: text({ description: 'the id of the message, as im send prints it', required: true, ignoreStdin: true }),
  };
  static override flags = {
    to: userFlag({
      description: 'its receiver; default: as the chat on this machine knows the message',
      env: 'IM_UNSEND_TO',
    }),
    ...commonFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Unsend);
    const { id } = args;
    if (!isMessageId(id)) throw new Failure('usage', `the id must be ${MESSAGE_ID_RULE}`);
    const output = this.output(flags.json);
    const to = flags.to ?? (await this.#recipientOf(id, flags));
    // A user who is added for this has sent nothing.
    const beforeAdding = async (): Promise<never> => {
      throw new Failure('credential-refused', 'there is no such user on this server, who has sent something', {
        next: 'name the sender: --as USER',
      });
    };
    const { stateFolder: _, data: __, device: ___, ...login } = await resolveLogin(flags, output, { beforeAdding });
    await unsend({ to, id }, { ...login, agent: this.config.userAgent }, output);
  }

  async #recipientOf(id: string, flags: LoginFlags): Promise<string> {
    const unknown = (why: string) =>
      new Failure('usage', `to whom was ${id} sent?`, { why, next: `name the receiver: im unsend ${id} --to USER` });
    try {
      const { folder } = await findHistory(await resolveTarget(flags), flags);
      const to = await recipientOf(id, new History({ files, folder }));
      if (to !== undefined) return to;
    } catch (error) {
      if (error instanceof Failure) throw unknown(error.message);
      throw error;
    }
    throw unknown('the chat on this machine does not know it');
  }
}
