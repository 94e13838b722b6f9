/** `im devices`: lists the devices of a user. */
import { BaseCommand } from '../../src/cli/app/base-command.js';
import { commonFlags, userArg } from '../../src/cli/app/flags.js';
import { listDevices } from '../../src/cli/devices/devices.js';

export default class Devices extends BaseCommand {
  static override summary = 'List the devices of a user: when each was last here, and how far behind it is';
  static override description =
    'A device is a place where a user is logged in: the chat on a machine, im listen, a program with a name of its own. Each gets every message. BEHIND counts the messages that it has not acked. Those of another user are for operators. On the machine and account of the server it also works while that does not run.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> --as alice --json | jq -r .device',
  ];
  static override args = { user: userArg({ description: 'whose devices; default: yours' }) };
  static override flags = commonFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Devices);
    await listDevices(args.user, flags, this.output(flags.json));
  }
}
